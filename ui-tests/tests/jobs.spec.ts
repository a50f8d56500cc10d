import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './mlops';

test('a job runs when its address is called, and its trigger is paused, resumed and removed', async ({
  page,
  mlops,
  request
}) => {
  await mlops.open('gated', 'called');
  await mlops.openPanel();
  await mlops.openForm();
  await mlops.form.getByRole('textbox', { name: 'Job name' }).fill('called');
  await mlops.form.getByRole('radio', { name: 'On an event' }).check();
  const kind = mlops.form.getByRole('combobox', { name: 'Event' });

  await kind.selectOption({ label: 'a file changes' });
  const path = mlops.form.getByRole('textbox', { name: 'Path' });
  await path.fill('../elsewhere');
  await expect(path).toHaveAttribute('aria-invalid', 'true');
  await mlops.picture('trigger-refused');
  await path.fill('data/*.csv');
  await expect(mlops.form.locator('.jp-Mlops-preview')).toContainText(
    'data/*.csv'
  );
  await mlops.picture('trigger-file');

  await kind.selectOption({ label: 'its address is called' });
  await mlops.submit();
  const token = mlops.form.locator('.jp-Mlops-token code');
  await expect(token).toHaveCount(3);
  const [address, secret] = await token.allTextContents();
  await mlops.picture('trigger-token');
  const { violations } = await new AxeBuilder({ page })
    .include('.jp-Dialog-content')
    .analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes[0].html])).toEqual([]);
  await mlops.form.getByRole('button', { name: 'Done' }).click();

  const answer = await request.post(address, {
    headers: { Authorization: `Bearer ${secret}` },
    data: {}
  });
  expect(answer.status()).toBe(201);
  await expect(mlops.row('runs', 'called')).toContainText('succeeded');

  const job = mlops.row('jobs', 'called');
  await expect(job.getByRole('list')).toContainText('called');
  await job.getByRole('button', { name: 'Pause the trigger' }).click();
  await expect(job).toContainText('paused');
  await job.getByRole('button', { name: 'Resume the trigger' }).click();
  await expect(job).not.toContainText('paused');
  await mlops.picture('jobs-triggers');

  await job.getByRole('button', { name: 'Edit called…' }).click();
  await expect(mlops.form).toContainText('Edit called');
  const C = mlops.form.getByRole('textbox', { name: /^C / });
  await expect(C).toHaveValue('1.0');
  await C.fill('0.25');
  const model = mlops.form.getByRole('combobox', { name: 'Register model as' });
  await model.fill('called');
  await mlops.form
    .getByRole('combobox', { name: 'Alias', exact: true })
    .fill('champion');
  await mlops.form.getByRole('button', { name: 'Add gate' }).click();
  const gate = mlops.form.getByRole('group', { name: 'Gate: metric' });
  await gate.getByRole('textbox', { name: 'metric' }).fill('accuracy');
  await gate.getByRole('textbox', { name: 'min' }).fill('0.9');
  await mlops.picture('job-edit');
  const edit = await new AxeBuilder({ page })
    .include('.jp-Dialog-content')
    .analyze();
  expect(edit.violations.map(({ id, nodes }) => [id, nodes[0].html])).toEqual(
    []
  );
  await mlops.submit();
  await expect(mlops.form).toBeHidden();
  await expect(job).toContainText('C 0.25');
  await mlops.picture('jobs-edited');
  await job.getByRole('button', { name: 'Edit called…' }).click();
  await expect(gate.getByRole('textbox', { name: 'min' })).toHaveValue('0.9');
  await mlops.form.getByRole('button', { name: 'Cancel' }).click();

  await job.getByRole('button', { name: 'Remove the trigger' }).click();
  await expect(job.getByRole('list')).toHaveCount(0);
});

test('what a run would fail by is shown before it is sent, and it can run anyway', async ({
  page,
  mlops
}) => {
  await mlops.open('gated', 'unready');
  await mlops.openPanel();
  await mlops.write(4, 'import a_module_that_is_nowhere');
  await mlops.openForm();
  await mlops.submit();
  await expect(mlops.form.getByRole('alert')).toContainText(
    'a_module_that_is_nowhere'
  );
  await mlops.picture('form-findings');
  await mlops.form.getByRole('button', { name: 'Run anyway' }).click();
  await expect(mlops.form).toBeHidden();
  await expect(mlops.row('runs', 'unready')).toContainText('failed');
});
