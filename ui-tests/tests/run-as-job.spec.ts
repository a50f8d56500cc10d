import { expect, test } from './mlops';

test('the form opens from the file browser, the toolbar and the palette', async ({
  page,
  mlops
}) => {
  await mlops.open('gated');

  await mlops.openForm();
  await expect(mlops.form.getByRole('textbox', { name: /^C / })).toHaveValue(
    '1.0'
  );
  await mlops.form.getByRole('button', { name: 'Cancel' }).click();

  await mlops.run('apputils:activate-command-palette');
  await page.locator('#modal-command-palette input').fill('run as job');
  await page.keyboard.press('Enter');
  await expect(mlops.form).toContainText('Run “');
  await mlops.form.getByRole('button', { name: 'Cancel' }).click();

  await page.sidebar.openTab('filebrowser');
  await page
    .locator('.jp-DirListing-item', { hasText: 'gated.ipynb' })
    .click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Run as job…' }).click();
  await expect(mlops.form.getByRole('textbox', { name: /^C / })).toBeVisible();
  await mlops.picture('form');
});

test('a run goes from queued to succeeded before one’s eyes, and its notebook opens', async ({
  page,
  mlops
}) => {
  await mlops.open('gated');
  await mlops.openPanel();
  await mlops.write(4, '{"best": max(results), "edited": True}');

  await mlops.openForm();
  await mlops.form.getByRole('textbox', { name: /^C / }).fill('0.5');
  await mlops.form.getByRole('textbox', { name: /^gate / }).fill('go-live');
  await mlops.form.getByRole('textbox', { name: 'Job name' }).fill('live');
  await mlops.picture('form-filled');
  await mlops.submit();
  await expect(mlops.form).toBeHidden();

  const run = mlops.row('runs', 'live');
  await expect(run).toContainText(/queued|running/);
  await expect(run).toContainText('running');
  await expect(run.getByRole('progressbar')).toBeVisible();
  await expect(run.locator('.jp-Mlops-progress')).toContainText(
    /[1-5] of \d cells/
  );
  await mlops.picture('run-running');

  await mlops.release(`${mlops.folder}/go-live`);
  await expect(run).toContainText('succeeded');
  await run.getByRole('button', { name: /live/ }).click();
  const detail = run.getByRole('region');
  await expect(detail).toContainText('C 0.5');
  await expect(detail).not.toContainText('rounds');
  await mlops.picture('run-succeeded');

  await run.getByRole('button', { name: 'Open the executed notebook' }).click();
  const executed = page.locator('.jp-Notebook:visible');
  await expect(executed).toContainText('C = 0.5');
  await expect(executed).toContainText("'edited': True");
  await mlops.picture('executed-notebook');
});

test('a run that fails says why and in which cell, and runs again', async ({
  page,
  mlops
}) => {
  await mlops.open('broken');
  await mlops.openPanel();
  await mlops.openForm();
  await mlops.submit();

  const run = mlops.row('runs', 'broken').first();
  await expect(run).toContainText('failed');
  await run.getByRole('button', { name: /broken/ }).click();
  await expect(run.getByRole('region')).toContainText('table[10]');
  await expect(run.getByRole('region')).toContainText('IndexError');
  await expect(
    page.locator('.Toastify__toast', { hasText: 'broken failed' })
  ).toBeVisible();
  await mlops.picture('run-failed');

  await run.getByRole('button', { name: 'Run again' }).click();
  await expect(
    mlops.row('runs', 'broken').filter({ hasText: 'failed' })
  ).toHaveCount(2);
});

test('a running run can be cancelled', async ({ mlops }) => {
  await mlops.open('gated', 'endless');
  await mlops.openPanel();
  await mlops.openForm();
  await mlops.form.getByRole('textbox', { name: /^gate / }).fill('never');
  await mlops.submit();

  const run = mlops.row('runs', 'endless');
  await expect(run).toContainText('running');
  await run.getByRole('button', { name: 'Cancel this run' }).click();
  await expect(run).toContainText('cancelled');
});

test('a refusal is shown at its input, and nothing typed is lost', async ({
  mlops
}) => {
  await mlops.open('gated');
  await mlops.openForm();
  const rounds = mlops.form.getByRole('textbox', { name: /^rounds / });
  const layers = mlops.form.getByRole('textbox', { name: /^layers / });

  await rounds.fill('three');
  await expect(mlops.form.getByRole('alert')).toContainText('whole number');
  await mlops.submit();
  await expect(rounds).toBeFocused();

  await rounds.fill('4');
  await layers.fill('[1, 2]');
  await mlops.form
    .getByRole('combobox', { name: 'Register model as' })
    .fill('bad/name');
  await mlops.submit();
  const register = mlops.form.getByRole('combobox', {
    name: 'Register model as'
  });
  await expect(register).toHaveAttribute('aria-invalid', 'true');
  await expect(mlops.form.getByRole('alert')).toBeVisible();
  await expect(rounds).toHaveValue('4');
  await expect(layers).toHaveValue('[1, 2]');
  await mlops.picture('form-refused');
});

test('a notebook without parameters teaches how to tag a cell', async ({
  mlops
}) => {
  await mlops.open('plain');
  await mlops.openForm();
  await expect(mlops.form).toContainText(
    'This notebook has no parameters cell'
  );
  await mlops.picture('form-no-parameters');
});

test('a notebook that names no kernel is offered one, and runs', async ({
  page,
  mlops
}) => {
  await mlops.upload('nameless');
  await mlops.openPanel();
  await page.sidebar.openTab('filebrowser');
  await page
    .locator('.jp-DirListing-item', { hasText: 'nameless.ipynb' })
    .click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Run as job…' }).click();
  await expect(
    mlops.form.getByRole('combobox', { name: 'Kernel' })
  ).toHaveValue('python3');
  await mlops.picture('form-kernel');
  await mlops.submit();
  await page.getByRole('button', { name: 'Show', exact: true }).first().click();
  await expect(mlops.row('runs', 'nameless')).toContainText('succeeded');
});
