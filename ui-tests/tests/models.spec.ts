import { expect, Mlops, test } from './mlops';
import {
  A_REGISTRATION,
  A_RUN,
  addGate,
  pageOf,
  press,
  train
} from './registry';

test('a job that names a model makes a version of it, beside its run', async ({
  page
}) => {
  test.slow();
  // Its picture is the documentation's: nobody's folder is called after a test.
  const mlops = new Mlops(page, 'breast-cancer');
  await page.contents.createDirectory('breast-cancer');
  await mlops.open('breast-cancer/train');
  await mlops.openPanel();
  await mlops.openForm();
  await mlops.form.getByRole('textbox', { name: /^model / }).fill('forest');
  await mlops.form
    .getByRole('combobox', { name: 'Register model as' })
    .fill('cancer');
  await mlops.submit();

  const run = mlops.row('runs', 'train');
  await expect(run).toContainText('succeeded', { timeout: A_RUN });
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

test('a model is refused by a gate, passes, is approved, becomes champion, and is rolled back', async ({
  page,
  mlops
}) => {
  test.setTimeout(1_200_000);
  const name = `tumours-${Date.now()}`;
  await mlops.open('breast-cancer/train');
  await mlops.openPanel();
  await mlops.openForm();
  await mlops.form.getByRole('textbox', { name: 'Job name' }).fill('first');
  await mlops.submit();
  const run = mlops.row('runs', 'first');
  await expect(run).toContainText('succeeded', { timeout: A_RUN });

  // Register the run's model behind a gate that it cannot pass.
  await run.getByRole('button', { name: /first/ }).click();
  await run.getByRole('button', { name: 'Register…' }).click();
  await mlops.form
    .getByRole('combobox', { name: 'Registered model' })
    .fill(name);
  const gate = await addGate(mlops, 'Metric', {
    metric: 'accuracy',
    min: '0.999'
  });
  await addGate(mlops, 'Approval');
  await mlops.picture('register-form');
  await press(mlops, 'Register');
  await expect(mlops.form).toContainText('What would pass', {
    timeout: A_REGISTRATION
  });
  await expect(mlops.form).toContainText('accuracy of at least 0.999');
  await mlops.picture('register-refused');

  // Ask for less: it passes, and waits for a person.
  await press(mlops, 'Change and try again');
  await gate.locator('input[name="min"]').fill('0.9');
  await press(mlops, 'Register');
  await expect(mlops.form).toContainText('You can close this', {
    timeout: A_REGISTRATION
  });
  await mlops.picture('register-waiting');
  await press(mlops, 'Open the model’s page');

  const modelPage = pageOf(mlops, name);
  await expect(modelPage).toBeVisible();
  const waiting = mlops
    .section('models')
    .getByRole('group', { name: `${name}, version 1` });
  await expect(waiting).toBeVisible({ timeout: A_REGISTRATION });
  await mlops.picture('approval-queue');
  await waiting.getByRole('textbox', { name: /^Comment on/ }).fill('well done');
  await waiting.getByRole('button', { name: 'Approve' }).click();
  const aliases = modelPage.getByRole('group', { name: 'Aliases' });
  const champion = aliases.locator('[data-alias="champion"]').first();
  await expect(champion).toContainText('version 1', {
    timeout: A_REGISTRATION
  });
  await expect(waiting).toBeHidden({ timeout: A_REGISTRATION });
  await modelPage.getByRole('tab', { name: 'Gates and facts' }).click();
  await expect(modelPage).toContainText('well done', {
    timeout: A_REGISTRATION
  });
  await mlops.picture('model-approved');

  // The next version comes from a job whose form names the gates.
  await page.activity.activateTab('train.ipynb');
  await train(mlops, 'second', name, { seed: '8' });
  await expect(mlops.row('runs', 'second')).toContainText('succeeded', {
    timeout: A_RUN
  });
  await mlops.run('jupyter-mlops:open-model', { name });
  await expect(champion).toContainText('version 2', {
    timeout: A_REGISTRATION
  });
  await expect(aliases).toContainText('previous');

  // What differs between the two; then back to the first, with a reason.
  await modelPage.getByRole('tab', { name: 'Compare' }).click();
  await expect(modelPage.getByRole('row', { name: /^seed 7 8/ })).toBeVisible({
    timeout: A_REGISTRATION
  });
  await modelPage.getByRole('button', { name: 'Roll back champion…' }).click();
  await press(mlops, 'Roll back');
  await expect(mlops.form).toContainText('Say why');
  await mlops.form.getByRole('textbox', { name: 'Reason' }).fill('too slow');
  await mlops.picture('roll-back');
  await press(mlops, 'Roll back');
  await expect(champion).toContainText('version 1', {
    timeout: A_REGISTRATION
  });
  await modelPage.getByRole('tab', { name: 'Alias history' }).click();
  const move = modelPage
    .getByRole('row', { name: /champion/ })
    .filter({ hasText: 'too slow' });
  await expect(move).toContainText('rolled back');
  await expect(move).toContainText('from version 2 to version 1');
  await mlops.picture('model-rolled-back');
});

test('a served model answers what one types; its page comes back after a reload', async ({
  page,
  mlops
}) => {
  test.setTimeout(1_200_000);
  const name = `served-${Date.now()}`;
  await mlops.open('breast-cancer/train');
  await mlops.openPanel();
  const run = await train(mlops, 'to-serve', name);
  await expect(run).toContainText('succeeded', { timeout: A_RUN });
  const row = mlops.row('models', name);
  await expect(row).toContainText('champion', { timeout: A_REGISTRATION });
  await row.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  const modelPage = pageOf(mlops, name);

  await modelPage.getByRole('tab', { name: 'Serve' }).click();
  await modelPage.getByRole('button', { name: 'Serve version 1' }).click();
  const tryIt = modelPage.getByRole('region', { name: 'Try it' });
  await expect(tryIt).toBeVisible({ timeout: A_RUN });
  const radius = tryIt.getByRole('textbox', { name: /^mean radius/ });
  await expect(radius).not.toHaveValue('');
  await radius.fill('wide');
  await expect(tryIt.getByRole('alert')).toContainText('Type a number');
  await radius.fill('28.1');
  await tryIt.getByRole('button', { name: 'Predict' }).click();
  await expect(tryIt).toContainText('Prediction', { timeout: 60_000 });
  await expect(tryIt.locator('.jp-Mlops-answer pre')).toHaveText(/^[01]$/);
  await tryIt.getByRole('button', { name: 'Predict' }).scrollIntoViewIfNeeded();
  await mlops.picture('model-try-it');
  await modelPage.getByRole('button', { name: 'Stop serving' }).click();
  await expect(
    modelPage.getByRole('button', { name: 'Serve version 1' })
  ).toBeVisible({ timeout: 60_000 });

  await page.reload({ waitForIsReady: false });
  await expect(modelPage).toBeVisible({ timeout: 120_000 });
  await expect(modelPage).toContainText('champion');
});
