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
  await page.notebook.setCell(
    1,
    'code',
    'import mlflow\nmlflow.log_metric("accuracy", 0.93)\n"jupyter_mlops" in dir(), mlflow.active_run().info.run_name'
  );
  await page.notebook.runCell(1, true);
  await expect(mlops.cell(1)).toContainText("(False, 'first try')");
  await mlops.picture('tracking');
  await cells.getByRole('button', { name: 'Stop run' }).click();
  await expect(
    cells.getByRole('button', { name: 'Start MLflow run…' })
  ).toBeVisible();

  await page.notebook.setCell(
    2,
    'code',
    'mlflow.start_run(run_name="by a cell");'
  );
  await page.notebook.runCell(2, true);
  await expect(cells).toContainText('Tracking “by a cell”');
});
