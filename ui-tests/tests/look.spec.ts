import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './mlops';

// After the others in the alphabet's middle: the server has runs by then, but needs none of them.

const THEMES = ['JupyterLab Light', 'JupyterLab Dark'];
const WIDTHS = { narrow: 250, wide: 520 };

test('the sidebar can be read in light and dark, narrow and wide, and passes axe', async ({
  page,
  mlops
}) => {
  await mlops.open('broken', 'look');
  await mlops.openPanel();
  await mlops.section('cells').getByRole('switch').click();
  await mlops.run('notebook:run-all-cells');
  await expect(mlops.row('cells', 'table = list').last()).toContainText(
    'IndexError'
  );
  await mlops.openForm();
  await mlops.submit();
  const run = mlops.row('runs', 'look');
  await expect(run).toContainText('failed');
  await run.getByRole('button', { name: /look/ }).click();

  for (const theme of THEMES) {
    await page.theme.setTheme(theme);
    for (const [name, width] of Object.entries(WIDTHS)) {
      await page.sidebar.setWidth(width, 'left');
      await mlops.picture(`${theme.split(' ')[1].toLowerCase()}-${name}`);
      const overflow = await mlops.panel.evaluate(panel =>
        [...panel.querySelectorAll('.jp-Mlops-section, .jp-Mlops-header')]
          .filter(part => part.scrollWidth > part.clientWidth)
          .map(part => part.className)
      );
      expect(overflow).toEqual([]);
    }
    const { violations } = await new AxeBuilder({ page })
      .include('#jupyter-mlops-panel')
      .analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes[0].html])).toEqual([]);
    await mlops.openForm();
    await mlops.picture(`${theme.split(' ')[1].toLowerCase()}-form`);
    const form = await new AxeBuilder({ page })
      .include('.jp-Mlops-dialog')
      .analyze();
    expect(form.violations.map(({ id, nodes }) => [id, nodes[0].html])).toEqual(
      []
    );
    await mlops.form.getByRole('button', { name: 'Cancel' }).click();
  }
});

test('the form fits a small window, as at high zoom', async ({
  page,
  mlops
}) => {
  await mlops.open('gated');
  await mlops.openForm();
  await page.setViewportSize({ width: 480, height: 420 });
  const accept = mlops.form.locator('.jp-mod-accept');
  await expect(accept).toBeInViewport();
  await mlops.picture('form-zoomed');
  await mlops.form.getByRole('radio', { name: 'On a schedule' }).check();
  await expect(accept).toBeInViewport();
});
