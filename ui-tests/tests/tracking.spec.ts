import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './mlops';

test('an MLflow run is started and stopped from the sidebar, with no cell and no name left behind', async ({
  page,
  mlops
}) => {
  await mlops.open('plain', 'tracked');
  await mlops.openPanel();
  await mlops.record();
  const cells = mlops.section('cells');
  await cells.getByRole('button', { name: 'Start MLflow run…' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('first try');
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
  await expect(cells).toContainText('Starting an MLflow run…');
  await expect(cells).toContainText('Tracking “first try”');
  await mlops.write(
    1,
    'import mlflow\nmlflow.log_metric("accuracy", 0.93)\n"jupyter_mlops" in dir(), mlflow.active_run().info.run_name'
  );
  await mlops.runCell(1);
  await expect(mlops.cell(1)).toContainText("(False, 'first try')");
  await mlops.picture('tracking');
  await cells.getByRole('button', { name: 'Stop run' }).click();
  await expect(
    cells.getByRole('button', { name: 'Start MLflow run…' })
  ).toBeVisible();

  await mlops.write(2, 'mlflow.start_run(run_name="by a cell");');
  await mlops.runCell(2);
  await expect(cells).toContainText('Tracking “by a cell”');
});

test('autologging, a value by hand, a copy of the notebook and two runs side by side need no cell', async ({
  page,
  mlops
}) => {
  await mlops.open('plain', 'by-hand');
  await mlops.openPanel();
  await mlops.record();
  const cells = mlops.section('cells');
  const tools = cells.getByRole('group', { name: 'MLflow in this kernel' });
  const dialog = page.getByRole('dialog');

  const automatic = tools.getByRole('checkbox', { name: 'Log automatically' });
  await expect(automatic).not.toBeChecked();
  await automatic.click();
  await expect(automatic).toBeChecked();
  await mlops.write(1, 'import mlflow\nmlflow.autolog(disable=True)');
  await mlops.runCell(1);
  await expect(automatic).not.toBeChecked();

  const start = async (name: string) => {
    await cells.getByRole('button', { name: 'Start MLflow run…' }).click();
    await dialog.getByRole('textbox').fill(name);
    await dialog.getByRole('button', { name: 'Start' }).click();
    await expect(cells).toContainText(`Tracking “${name}”`);
  };
  const log = async (name: string, value: string, kind: string) => {
    await tools.getByRole('button', { name: 'Log…' }).click();
    await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
    await dialog.getByRole('textbox', { name: 'Value' }).fill(value);
    await dialog.getByRole('combobox', { name: 'Log as' }).selectOption(kind);
    await dialog.getByRole('button', { name: 'Log', exact: true }).click();
  };

  await start('first');
  await log('accuracy', 'high', 'metric');
  await expect(dialog.getByRole('alert')).toContainText('A metric is a number');
  await expect(dialog.getByRole('textbox', { name: 'Value' })).toBeFocused();
  await passesAxe(page, '.jp-Mlops-dialog');
  await mlops.picture('tracking-log');
  await dialog.getByRole('textbox', { name: 'Value' }).fill('0.5');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(tools).toContainText('Logged accuracy = 0.5 to “first”.');
  await log('model', 'ridge', 'param');
  await expect(tools).toContainText('Logged model = ridge');
  await log('model', 'lasso', 'param');
  await expect(dialog).toContainText('MLflow refuses');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await cells.getByRole('button', { name: 'Stop run' }).click();

  await start('second');
  await log('team', 'vision', 'tag');
  await expect(tools).toContainText('Logged team = vision');
  await log('accuracy', '0.75', 'metric');
  await expect(tools).toContainText('Logged accuracy = 0.75');
  await tools.getByRole('button', { name: 'Snapshot' }).click();
  await expect(tools).toContainText('The MLflow run “second” has its hash.');
  const sha = await tools.locator('code').getAttribute('title');
  await mlops.write(
    2,
    'tags = mlflow.active_run().info.run_id\ntags = mlflow.get_run(tags).data.tags\ntags["team"], tags["mlops.kept_snapshot_sha"], len(In), list(Out)'
  );
  await mlops.runCell(2);
  await expect(mlops.cell(2)).toContainText(`('vision', '${sha}', 3, [])`);
  await expect(mlops.cell(2)).toContainText('[2]:');
  await cells.getByRole('button', { name: 'Stop run' }).click();

  await tools.getByRole('button', { name: 'Compare…' }).click();
  await expect(
    dialog.getByRole('row', { name: 'metric accuracy' })
  ).toContainText('+0.25');
  await expect(dialog.getByRole('row', { name: 'param model' })).toContainText(
    'ridge'
  );
  for (const theme of ['JupyterLab Dark', 'JupyterLab Light']) {
    await page.theme.setTheme(theme);
    await passesAxe(page, '.jp-Mlops-dialog');
    await passesAxe(page, '.jp-Mlops-trackingTools');
    await mlops.picture(`tracking-compare-${theme.split(' ')[1]}`);
  }
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();

  await mlops.write(
    3,
    'import pathlib, time\nwhile not pathlib.Path("go").exists():\n    time.sleep(0.05)'
  );
  await mlops.select(3);
  await page.evaluate(() => {
    void (window as any).jupyterapp.commands.execute('notebook:run-cell');
  });
  await expect(mlops.cell(3)).toContainText('[*]:');
  await automatic.click();
  await expect(tools).toContainText('The kernel is busy with a cell');
  await mlops.release(`${mlops.folder}/go`);
  await expect(automatic).toBeChecked();
  await expect(tools).not.toContainText('The kernel is busy');
});

async function passesAxe(page: Page, part: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).include(part).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes[0].html])).toEqual([]);
}
