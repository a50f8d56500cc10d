import { expect, Mlops, test } from './mlops';

test('a job that names a model makes a version of it, beside its run', async ({
  page
}) => {
  test.slow();
  // Its picture is the documentation's: nobody's folder is called after a test.
  const mlops = new Mlops(page, 'breast-cancer');
  await page.contents.createDirectory('breast-cancer');
  await mlops.open('train');
  await mlops.openPanel();
  await mlops.openForm();
  await mlops.form.getByRole('textbox', { name: /^model / }).fill('forest');
  await mlops.form
    .getByRole('combobox', { name: 'Register model as' })
    .fill('cancer');
  await mlops.submit();

  const run = mlops.row('runs', 'train');
  await expect(run).toContainText('succeeded', { timeout: 300_000 });
  const model = mlops.row('models', 'cancer');
  await expect(model).toContainText('Version 1', { timeout: 120_000 });
  await expect(model).toContainText('accuracy');
  await expect(model).toContainText('train.ipynb');
  await mlops.picture('models');

  await model.getByRole('button', { name: 'Show its run' }).click();
  const detail = run.getByRole('region');
  await expect(detail).toContainText('cancer, version 1');
  await expect(detail).toContainText('accuracy');
  await page.sidebar.setWidth(420, 'left');
  await mlops.picture('run-with-model');
});
