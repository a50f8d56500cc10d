import { expect, test } from './mlops';

test('a schedule is refused inline while it is wrong, then listed, paused, run and deleted', async ({
  page,
  mlops
}) => {
  await mlops.open('gated', 'nightly');
  await mlops.openPanel();
  await mlops.openForm();
  await mlops.form.getByRole('textbox', { name: 'Job name' }).fill('nightly');
  await mlops.form.getByRole('radio', { name: 'On a schedule' }).check();
  const cron = mlops.form.getByRole('textbox', { name: 'Cron expression' });
  const zone = mlops.form.getByRole('combobox', { name: 'Time zone' });

  await cron.fill('61 6 * * *');
  await expect(mlops.form.getByRole('alert')).toBeVisible();
  await expect(cron).toHaveAttribute('aria-invalid', 'true');
  await mlops.submit();
  await expect(mlops.form.getByRole('alert')).toBeVisible();
  await mlops.picture('schedule-refused');

  await cron.fill('30 6 * * 1-5');
  await zone.fill('Europe/Nowhere');
  await expect(zone).toHaveAttribute('aria-invalid', 'true');
  await zone.fill('Europe/Berlin');
  const fires = mlops.form.getByRole('list', { name: 'The next five runs' });
  await expect(fires.getByRole('listitem')).toHaveCount(5);
  await expect(fires).toContainText('06:30');
  await mlops.picture('schedule');
  await mlops.submit();
  await expect(mlops.form).toBeHidden();

  const job = mlops.row('jobs', 'nightly');
  await expect(job).toContainText('Europe/Berlin');
  await expect(job).toContainText('06:30');
  await expect(job).toContainText('never run');
  await mlops.picture('jobs');

  await job.getByRole('button', { name: 'Pause the schedule' }).click();
  await expect(job).toContainText('paused');
  await job.getByRole('button', { name: 'Resume the schedule' }).click();
  await expect(job).not.toContainText('paused');

  await job.getByRole('button', { name: 'Run nightly now' }).click();
  await expect(mlops.row('runs', 'nightly')).toContainText('succeeded');
  await expect(job).toContainText('last run succeeded');

  await job.getByRole('button', { name: 'Delete nightly' }).click();
  await expect(job).toHaveCount(0);
  const undo = page.getByRole('button', { name: 'Undo', exact: true });
  await expect(undo).toBeVisible();
  await mlops.picture('job-deleted');
  await undo.click();
  await expect(job).toHaveCount(1);
});
