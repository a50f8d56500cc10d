import { expect, test } from './mlops';

test('a failed notebook is worked on in the kernel that its run has left', async ({
  page,
  mlops
}, { retry }) => {
  const job = `hand ${retry}`; // what an earlier try has left must not be taken for this one's
  await mlops.open('mended', 'hand');
  await mlops.openPanel();
  await mlops.release(`${mlops.folder}/hand-on`);
  await mlops.openForm();
  await mlops.form.getByRole('textbox', { name: 'Job name' }).fill(job);
  await mlops.form.getByRole('textbox', { name: /^gate / }).fill('hand-on');
  await mlops.form.getByText('Options', { exact: true }).click();
  const keepFor = mlops.form.getByRole('textbox', {
    name: 'Keep the kernel for'
  });
  await keepFor.fill('10m');
  await expect(keepFor).toHaveValue('10m');
  await mlops.submit();
  await expect(mlops.form).toBeHidden();

  const run = mlops.row('runs', job);
  await expect(run).toContainText('failed');
  await run.getByRole('button', { name: job }).first().click();
  await expect(run).toContainText('Correct the failed cell');
  await run.getByRole('button', { name: 'Work in the kernel' }).click();

  // The partial notebook, its outputs as the run left them, in a kernel that holds what they came from.
  const failed = page.locator('.jp-Notebook:visible');
  await expect(failed).toContainText('NameError');
  await mlops.kernelIsIdle();
  const last = page.locator('.jp-Notebook:visible .jp-CodeCell').last();
  const cells = await page.locator('.jp-Notebook:visible .jp-Cell').count();
  await mlops.write(cells - 1, 'print("kept", losses)');
  await mlops.runCell(cells - 1);
  await expect(last).toContainText('kept [3, 2, 1]');
  await mlops.picture('kept-kernel');

  // To close it lets go of the kernel, not of the run's right to resume.
  await page.notebook.close();
  await expect(
    run.getByRole('button', { name: 'Resume from this cell' })
  ).toBeEnabled();
});
