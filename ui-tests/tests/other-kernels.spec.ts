import { expect, test } from './mlops';

// Galata's stand-in for the list of sessions is not what the server listens by.
test.use({ kernels: null, sessions: null });

test.afterEach(({ page }) => page.kernel.shutdownAll());

/** What the same cell is in kernels of other languages that may be installed here. */
const LANGUAGES = [
  { kernel: 'ir', say: 'cat("hello")', fail: 'stop("too few rows")' },
  { kernel: 'bash', say: 'echo hello', fail: 'ls /no/such/place' }
];

for (const { kernel, say, fail } of LANGUAGES) {
  test(`cells of the kernel “${kernel}” are recorded by the server`, async ({
    page,
    request,
    baseURL,
    mlops
  }) => {
    const { kernelspecs } = await (
      await request.get(`${baseURL}/api/kernelspecs`)
    ).json();
    test.skip(
      !(kernel in kernelspecs),
      `the kernel ${kernel} is not installed`
    );
    await mlops.open('other', kernel, kernel);
    await mlops.openPanel();
    await mlops.record();
    await expect(mlops.section('cells')).toContainText('the server records');
    await mlops.write(1, say);
    await mlops.write(2, fail);
    await mlops.run('notebook:run-all-cells');
    await expect(mlops.row('cells', say)).toContainText('stdout');
    await expect(
      mlops.row('cells', fail).getByRole('img', { name: 'error' })
    ).toBeVisible();
    await expect(mlops.badge(1)).toContainText(/\d(ms|s)/);
    await mlops.picture(`recorded-${kernel}`);
    await mlops.write(1, `${say}  `);
    await expect(mlops.badge(1)).toHaveAttribute('data-stale', 'true');
    await mlops.section('cells').getByRole('switch').click();
    await expect(mlops.section('cells').getByRole('switch')).not.toBeChecked();
    await expect(mlops.badge(1)).toHaveCount(0);
  });
}
