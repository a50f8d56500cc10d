import { expect, test } from './mlops';

const STATUS = '**/jupyter-mlops/api/status*';

test('a server without our extension is explained, not waited for', async ({
  page,
  mlops
}) => {
  await page.route('**/jupyter-mlops/api/**', route =>
    route.fulfill({ status: 404, json: { message: 'Not Found' } })
  );
  await mlops.showPanel();
  await expect(mlops.panel.getByRole('alert')).toContainText(
    'jupyter server extension enable jupyter_mlops'
  );
  await expect(mlops.section('runs')).toBeHidden();
  await mlops.picture('server-missing');
});

test('two versions of the two halves are named', async ({ page, mlops }) => {
  await page.route(STATUS, async route => {
    const answer = await route.fetch();
    await route.fulfill({
      json: { ...(await answer.json()), version: '9.9.9' }
    });
  });
  await mlops.openPanel();
  await expect(mlops.panel.getByText(/the server has 9\.9\.9/)).toBeVisible();
  await mlops.picture('versions-differ');
});

test('a server that is away is said to be, and the panel is well again after', async ({
  page,
  mlops
}) => {
  await mlops.openPanel();
  await page.route('**/jupyter-mlops/api/**', route => route.abort());
  await mlops.panel.getByRole('button', { name: 'Refresh' }).click();
  await expect(
    mlops.panel.getByText('The Jupyter server does not answer')
  ).toBeVisible();
  await page.unroute('**/jupyter-mlops/api/**');
  await mlops.panel.getByRole('button', { name: 'Refresh' }).click();
  await expect(mlops.panel.locator('.jp-Mlops-worker')).toBeVisible();
});
