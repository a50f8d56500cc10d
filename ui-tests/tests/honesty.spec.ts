import { expect, galata, Mlops, test } from './mlops';

const THEMES = { light: 'JupyterLab Light', dark: 'JupyterLab Dark' };

test('badges say how long cells took; an edit is told beside the cell and in the sidebar', async ({
  page,
  mlops
}) => {
  await mlops.open('churn', 'train');
  await mlops.openPanel();
  await expect(mlops.badge(2)).toHaveCount(0);
  const height = (await mlops.cell(2).boundingBox())!.height;
  await mlops.record();
  await mlops.run('notebook:run-all-cells');
  await expect(mlops.state).toContainText('Clean');
  await expect(mlops.state).toContainText('Every cell ran once');
  for (const index of [1, 2, 3, 4, 5, 6]) {
    await expect(mlops.badge(index)).toContainText(/\d(ms|s)/);
    await expect(mlops.badge(index)).not.toHaveAttribute('data-stale', 'true');
  }
  expect((await mlops.cell(2).boundingBox())!.height).toBe(height);

  await mlops.write(2, 'rows = 6_000');
  await expect(mlops.badge(2)).toHaveAttribute('data-stale', 'true');
  await expect(mlops.badge(2)).toHaveAttribute(
    'aria-label',
    /Stale: .* It was edited after it ran\./
  );
  await expect(mlops.badge(3)).toHaveAttribute('title', /`rows` of cell 2/);
  await expect(mlops.state).toContainText('5 stale cells');
  const stale = mlops.state.getByRole('button', { name: /model.score/ });
  await expect(stale).toContainText('a cell that it uses is stale');
  await expect(mlops.row('cells', 'model.score').last()).toContainText('Stale');

  await mlops.select(0);
  await stale.click();
  await expect(mlops.cell(6)).toHaveClass(/jp-mod-active/);
});

test('cells that are moved, deleted and brought back keep their badges', async ({
  page,
  mlops
}) => {
  await mlops.open('churn', 'moves');
  await mlops.openPanel();
  await mlops.record();
  await mlops.run('notebook:run-all-cells');
  await expect(mlops.badge(6)).toBeVisible();
  await mlops.select(2);
  await mlops.run('notebook:move-cell-up');
  await expect(mlops.cell(1)).toContainText('rows = 4_000');
  await expect(mlops.badge(1)).toContainText(/ms/);
  await mlops.run('notebook:delete-cell');
  await expect(mlops.state).toContainText('no longer in the notebook');
  await mlops.run('notebook:undo-cell-action');
  // JupyterLab undoes what came within half a second of each other as one: the move may be undone, too.
  const back = page
    .locator('.jp-Notebook:visible .jp-Cell')
    .filter({ hasText: 'rows = 4_000' });
  await expect(back).toHaveCount(1);
  await expect(back.locator('.jp-Mlops-cellBadge:visible')).toContainText(/ms/);
});

test.describe('with the setting showBadges off', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      'jupyter_mlops:plugin': { showBadges: false }
    }
  });

  test('no badge is shown, and the sidebar still tells', async ({
    page,
    mlops
  }) => {
    await mlops.open('churn', 'bare');
    await mlops.openPanel();
    await mlops.record();
    await mlops.run('notebook:run-all-cells');
    await expect(mlops.state).toContainText('Clean');
    await expect(page.locator('.jp-Mlops-cellBadge')).toHaveCount(0);
  });
});

test.describe('a long notebook, of which only what is in view is drawn', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      '@jupyterlab/notebook-extension:tracker': {
        ...(galata.DEFAULT_SETTINGS as any)[
          '@jupyterlab/notebook-extension:tracker'
        ],
        windowingMode: 'full'
      }
    }
  });

  test('a cell has its badge when it comes into view', async ({
    page,
    mlops
  }) => {
    const path = await mlops.open('long');
    await mlops.openPanel();
    await mlops.record();
    await mlops.run('notebook:run-all-cells');
    await expect(mlops.state).toContainText('Clean');
    // A cell stays drawn once it has run: only a notebook that is opened anew draws just what is in view.
    await mlops.run('docmanager:save');
    await mlops.run('application:close');
    await mlops.run('docmanager:open', { path });
    await mlops.kernelIsIdle();
    await expect(mlops.state).toContainText('Clean');
    const drawn = page.locator('.jp-Notebook:visible .jp-CodeCell');
    expect(await drawn.count()).toBeLessThan(60);
    await mlops.row('cells', 'step_36 = 36').getByRole('button').click();
    const early = drawn.filter({ hasText: 'step_36 = 36' });
    await expect(early.locator('.jp-Mlops-cellBadge')).toContainText('ms');
    await mlops.row('cells', 'step_59 = 59').getByRole('button').click();
    const late = drawn.filter({ hasText: 'step_59 = 59' });
    await expect(late.locator('.jp-Mlops-cellBadge')).toContainText('ms');
  });
});

test.describe('the pictures of the documentation', () => {
  // Galata's stand-in for the list of kernels answers a restart wrongly.
  test.use({ kernels: null, sessions: null });

  test.afterEach(({ page }) => page.kernel.shutdownAll());

  test('a notebook that was edited, in light and dark, until it is run anew', async ({
    page
  }) => {
    // Nobody's notebook is called after a test.
    const mlops = new Mlops(page, 'churn');
    await page.contents.createDirectory('churn');
    await mlops.open('churn', 'train');
    await mlops.openPanel();
    await page.setViewportSize({ width: 1280, height: 760 });
    await page.sidebar.setWidth(340, 'left');
    await mlops.picture('honesty-empty');
    await mlops.record();
    await mlops.run('notebook:run-all-cells');
    await expect(mlops.state).toContainText('Clean');
    await mlops.picture('honesty-clean');

    // The usual time of a cell is that of its last runs.
    for (let times = 0; times < 4; times++) {
      await mlops.runCell(5);
    }
    await mlops.write(2, 'rows = 12_000');
    for (const index of [2, 3, 4, 5]) {
      await mlops.runCell(index);
    }
    await expect(mlops.badge(5)).toContainText(/[+×]/);
    await expect(mlops.badge(5)).toHaveAttribute(
      'aria-label',
      /slower than the median of the last \d/
    );
    await expect(mlops.badge(6)).toHaveAttribute('data-stale', 'true');
    for (const [name, theme] of Object.entries(THEMES)) {
      await page.theme.setTheme(theme);
      await mlops.picture(`honesty-${name}`);
    }
    await page.sidebar.setWidth(250, 'left');
    await mlops.picture('honesty-dark-narrow');
    await page.sidebar.setWidth(340, 'left');
    await page.theme.setTheme(THEMES.light);

    await mlops.state
      .getByRole('button', { name: 'Restart and run all' })
      .click();
    await page.getByRole('button', { name: 'Confirm Kernel Restart' }).click();
    await expect(mlops.state).toContainText('Clean');
    await expect(mlops.badge(6)).toHaveAttribute('data-stale', 'false');
  });
});
