import { expect, test } from './mlops';

test('two notebooks side by side have each their own state and badges', async ({
  page,
  mlops
}) => {
  await mlops.open('churn', 'left');
  await mlops.openPanel();
  await mlops.record();
  await mlops.run('notebook:run-all-cells');
  await expect(mlops.state).toContainText('Clean');

  const right = await mlops.upload('churn', 'right');
  await mlops.run('docmanager:open', {
    path: right,
    options: { mode: 'split-right' }
  });
  await mlops.kernelIsIdle();
  const notebook = (name: string) =>
    page.locator('.jp-NotebookPanel').nth(name === 'left' ? 0 : 1);
  await expect(notebook('right')).toBeVisible();
  await expect(notebook('left')).toBeVisible();
  const badges = (name: string) =>
    notebook(name).locator('.jp-Mlops-cellBadge:visible');

  // What was recorded on the left is shown on the left alone.
  await expect(badges('left').first()).toContainText(/\d(ms|s)/);
  await expect(badges('right')).toHaveCount(0);
  await expect(mlops.section('cells').getByRole('switch')).not.toBeChecked();

  // An edit on the right makes nothing stale on the left.
  await mlops.record();
  await mlops.run('notebook:run-all-cells');
  await expect(mlops.state).toContainText('Clean');
  await mlops.write(2, 'rows = 6_000');
  await expect(mlops.state).toContainText('stale cells');
  await expect(
    notebook('right').locator('[data-stale="true"]')
  ).not.toHaveCount(0);
  await expect(notebook('left').locator('[data-stale="true"]')).toHaveCount(0);
  await mlops.picture('side-by-side');

  // The sidebar follows the one in front.
  await mlops.run('application:activate-previous-tab-bar');
  await expect(mlops.state).toContainText('Clean');
});
