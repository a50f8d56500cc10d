import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './mlops';

const THEMES = ['JupyterLab Light', 'JupyterLab Dark'];
const WIDTHS = { narrow: 250, wide: 520 };

test('a run is watched live, cancelled, fixed, resumed where it broke off, and succeeds', async ({
  page,
  mlops
}) => {
  await mlops.open('mended', 'walk');
  await mlops.openPanel();
  for (const section of ['Cells', 'Jobs', 'Models']) {
    await mlops.panel
      .locator('.lm-AccordionPanel-title', { hasText: section })
      .click();
  }

  // Create: a job whose failed runs can be resumed.
  await mlops.openForm();
  await mlops.form.getByRole('textbox', { name: 'Job name' }).fill('walk');
  await mlops.form.getByRole('textbox', { name: /^gate / }).fill('walk-on');
  await mlops.form.getByText('Options', { exact: true }).click();
  await mlops.form
    .getByRole('textbox', { name: 'Keep the kernel for' })
    .fill('10m');
  await mlops.picture('form-options');
  await mlops.submit();
  await expect(mlops.form).toBeHidden();

  // Watch live: progress, the current cell, and what it puts out.
  const run = mlops.row('runs', 'walk').first();
  await run.getByRole('button', { name: /walk/ }).first().click();
  const detail = run.getByRole('region', { name: 'Details of walk' });
  const output = detail.getByRole('log', { name: 'Output' });
  await expect(output).toContainText('epoch 3');
  await expect(run.locator('.jp-Mlops-progress')).toContainText('3 of 6 cells');
  await expect(detail).toContainText('Cell 4');
  await expect(detail).toContainText('import time');
  await expect(detail).toContainText(/CPU \d+ %/);
  for (const theme of THEMES) {
    await page.theme.setTheme(theme);
    for (const [name, width] of Object.entries(WIDTHS)) {
      await page.sidebar.setWidth(width, 'left');
      await mlops.picture(`live-${theme.split(' ')[1].toLowerCase()}-${name}`);
    }
  }
  await expectNoViolations(page);
  await page.theme.setTheme(THEMES[0]);
  await page.sidebar.setWidth(360, 'left');

  // Open the notebook as it is now: what was put out so far is in it.
  await detail
    .getByRole('button', { name: 'Open the notebook as it is now' })
    .click();
  await expect(page.locator('.jp-Notebook:visible')).toContainText('epoch 1');
  await page.notebook.close();
  await page.notebook.activate('walk.ipynb');

  // Cancel.
  await detail.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(run).toContainText('cancelled');

  // Run again, and let it go on to the cell that fails.
  await mlops.release(`${mlops.folder}/walk-on`);
  await detail.getByRole('button', { name: 'Run again' }).click();
  const failed = mlops
    .row('runs', 'walk')
    .filter({ has: page.locator('.jp-Mlops-stateName[data-state="failed"]') });
  await expect(failed).toContainText('Correct the failed cell');
  await expect(failed).toContainText('NameError');
  await failed.scrollIntoViewIfNeeded();
  for (const theme of THEMES) {
    await page.theme.setTheme(theme);
    await mlops.picture(`fix-${theme.split(' ')[1].toLowerCase()}`);
  }
  await expectNoViolations(page);
  await page.theme.setTheme(THEMES[0]);

  // A cell before the failed one was changed: the refusal is in words.
  await failed.getByRole('button', { name: 'Fix the cell' }).click();
  await mlops.write(1, 'losses = [1]');
  await failed.getByRole('button', { name: 'Resume from this cell' }).click();
  await expect(failed.getByRole('alert')).toContainText(/changed/);
  await mlops.picture('resume-refused');

  // Fix only what failed, and go on from there.
  await mlops.write(1, BEFORE);
  await mlops.write(3, 'print("best", min(losses))');
  await failed.getByRole('button', { name: 'Resume from this cell' }).click();
  const resumed = mlops.row('runs', 'walk').first();
  await expect(resumed).toContainText('succeeded');
  await mlops.picture('resumed');
  await resumed
    .getByRole('button', { name: 'Open the executed notebook' })
    .click();
  await expect(page.locator('.jp-Notebook:visible')).toContainText('best 1');
});

const BEFORE = [
  'losses = []',
  'for epoch in range(1, 4):',
  '    losses.append(4 - epoch)',
  '    print("epoch", epoch, "loss", losses[-1])'
].join('\n');

async function expectNoViolations(page: any): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .include('#jupyter-mlops-panel')
    .analyze();
  expect(violations.map(({ id, nodes }: any) => [id, nodes[0].html])).toEqual(
    []
  );
}
