import { expect, test } from './mlops';

test('several runs are repeated and deleted at once, and old ones are cleaned up', async ({
  page,
  mlops
}) => {
  await mlops.open('plain', 'many');
  await mlops.openPanel();
  await mlops.openForm();
  await mlops.form.getByRole('textbox', { name: 'Job name' }).fill('many');
  await mlops.submit();
  await expect(mlops.form).toBeHidden();
  const runs = mlops.row('runs', 'many');
  const failed = mlops
    .section('runs')
    .locator('.jp-Mlops-stateName[data-state="failed"]');
  await expect(failed).toHaveCount(1);

  const choose = async (item: string) => {
    await mlops.panel.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };

  // Repeat what is marked.
  await choose('Select Several Runs');
  const bar = mlops.panel.getByRole('toolbar', { name: 'Marked runs' });
  await runs.first().getByRole('checkbox').check();
  await expect(bar).toContainText('1 marked');
  await bar.getByRole('button', { name: 'Repeat 1 run' }).click();
  await expect(failed).toHaveCount(2);
  await mlops.picture('runs-marked');

  // Delete all but what is asked about first.
  await bar.getByRole('checkbox').check();
  await bar.getByRole('button', { name: 'Delete 2 runs' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: 'Cancel' })
    .click();
  await expect(runs).toHaveCount(2);
  await runs.last().getByRole('checkbox').uncheck();
  await bar.getByRole('button', { name: 'Delete 1 run' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: 'Delete' })
    .click();
  await expect(runs).toHaveCount(1);
  await bar.getByRole('button', { name: 'Done' }).click();
  await expect(bar).toBeHidden();

  // Clean up: what would go is shown first.
  await choose('Clean Up Old Runs…');
  const dialog = page.getByRole('dialog', { name: 'Clean up old runs' });
  await dialog
    .getByRole('textbox', { name: 'Keep of each job the newest' })
    .fill('few');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('alert')).toBeVisible();
  await dialog
    .getByRole('textbox', { name: 'Keep of each job the newest' })
    .fill('1');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('status')).toContainText(/would go/);
  await mlops.picture('clean-up');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(runs).toHaveCount(1);
});

test('the form runs several values, keeps a preset and offers it again', async ({
  mlops
}) => {
  await mlops.open('gated', 'values');
  await mlops.openPanel();
  await mlops.openForm();
  await mlops.form.getByRole('textbox', { name: /^rounds / }).fill('2');
  await mlops.form.getByText('Preset and several values').click();
  await mlops.form
    .getByRole('textbox', { name: 'Save as preset' })
    .fill('two rounds');
  await mlops.form.getByRole('textbox', { name: 'Values of C' }).fill('0.1, 1');
  await expect(mlops.form).toContainText('This makes 2 runs.');
  await mlops.picture('form-values');
  await mlops.submit();
  await expect(mlops.form).toBeHidden();
  await expect(mlops.row('runs', 'values')).toHaveCount(2);

  await mlops.openForm();
  const rounds = mlops.form.getByRole('textbox', { name: /^rounds / });
  await expect(rounds).not.toHaveValue('2');
  await mlops.form
    .getByRole('combobox', { name: 'Preset' })
    .selectOption('two rounds');
  await expect(rounds).toHaveValue('2');
  await mlops.form.getByText('On a schedule').click();
  await mlops.form.getByText('Start, end and missed times').click();
  await expect(
    mlops.form.getByRole('textbox', { name: 'Spread over' })
  ).toBeVisible();
  await mlops.picture('form-limits');
});
