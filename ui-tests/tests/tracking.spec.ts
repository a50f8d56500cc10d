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
