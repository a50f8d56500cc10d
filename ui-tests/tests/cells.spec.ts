import { expect, galata, test } from './mlops';

test('the switch records cells, with no cell of its own; a click leads to the cell', async ({
  page,
  mlops
}) => {
  await mlops.open('plain');
  await mlops.openPanel();
  const cells = mlops.section('cells');
  await cells.getByRole('switch', { name: 'Record cells' }).click();
  await expect(cells.getByRole('switch')).toBeChecked();

  await mlops.run('notebook:run-all-cells');

  const error = mlops.row('cells', 'undefined_name');
  await expect(error).toContainText('NameError');
  await expect(error.getByRole('img', { name: 'error' })).toBeVisible();
  const first = mlops.row('cells', 'greeting = "hello"');
  await expect(first).toContainText('[1]');
  await expect(first).toContainText('text/plain');
  await expect(mlops.row('cells', 'print(greeting * 3)')).toContainText(
    'stdout'
  );
  await mlops.picture('cells');

  const firstCell = page.locator('.jp-Notebook:visible .jp-CodeCell').first();
  await mlops.select(5);
  await first.getByRole('button').click();
  await expect(firstCell).toHaveClass(/jp-mod-active/);
  await expect(firstCell).toBeInViewport();
  await error.getByRole('button').click();
  await expect(
    page.locator('.jp-Notebook:visible .jp-Cell.jp-mod-active')
  ).toContainText('undefined_name');
});

test('%load_ext in a cell records too, and the switch shows it', async ({
  page,
  mlops
}) => {
  await mlops.open('plain');
  await mlops.openPanel();
  await mlops.write(1, '%load_ext jupyter_mlops');
  await mlops.runCell(1);
  await expect(mlops.section('cells').getByRole('switch')).toBeChecked();
  await mlops.write(2, 'sum(range(10))');
  await mlops.runCell(2);
  await expect(mlops.row('cells', 'sum(range(10))')).toBeVisible();
});

test.describe('a kernel that is restarted', () => {
  // Galata's stand-in for the list of kernels answers a restart wrongly.
  test.use({ kernels: null, sessions: null });

  test.afterEach(({ page }) => page.kernel.shutdownAll());

  test('recording goes on after the kernel is restarted, and ends when switched off', async ({
    page,
    mlops
  }) => {
    await mlops.open('plain');
    await mlops.openPanel();
    const toggle = mlops.section('cells').getByRole('switch');
    await toggle.click();
    await expect(toggle).toBeChecked();

    await page.evaluate(async () => {
      const app = (window as any).jupyterapp;
      await app.shell.currentWidget.sessionContext.restartKernel();
    });
    await expect(toggle).toBeChecked();
    await mlops.runCell(1);
    await expect(mlops.row('cells', 'greeting = "hello"')).toHaveCount(1);

    await toggle.click();
    await expect(toggle).not.toBeChecked();
    await mlops.runCell(1);
    await expect(
      page.locator('.jp-Notebook:visible .jp-CodeCell .jp-InputPrompt').first()
    ).toContainText('2');
    await expect(mlops.row('cells', 'greeting = "hello"')).toHaveCount(1);
  });
});

test.describe('with the setting autoRecord', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      'jupyter_mlops:plugin': { autoRecord: true }
    }
  });

  test('a notebook is recorded as soon as it is open', async ({
    page,
    mlops
  }) => {
    await mlops.open('plain');
    await mlops.openPanel();
    await expect(mlops.section('cells').getByRole('switch')).toBeChecked();
    await mlops.runCell(1);
    await expect(mlops.row('cells', 'greeting = "hello"')).toBeVisible();
  });
});
