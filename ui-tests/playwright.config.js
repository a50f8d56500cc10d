/** The user's walk in a real JupyterLab: a server of its own, and a Chromium that is already here. */
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const baseConfig = require('@jupyterlab/galata/lib/playwright-config');

const FREE_PORT = `
  const server = require('node:net').createServer();
  server.listen(0, '127.0.0.1', () => {
    console.log(server.address().port);
    server.close();
  });
`;

// This file is read in every test process; what it chooses, it chooses once, in the first.
process.env.UI_TESTS_PORT ??= execFileSync(process.execPath, ['-e', FREE_PORT])
  .toString()
  .trim();
process.env.UI_TESTS_HOME ??= fs.mkdtempSync(
  path.join(os.tmpdir(), 'jupyter-mlops-ui-')
);

const home = process.env.UI_TESTS_HOME;
const url = `http://127.0.0.1:${process.env.UI_TESTS_PORT}`;
const chromium = process.env.CHROME_PATH || '/usr/bin/chromium';

fs.mkdirSync(path.join(__dirname, 'artifacts'), { recursive: true });

const folders = Object.fromEntries(
  ['root', 'mlops', 'config', 'ipython'].map(name => {
    const folder = path.join(home, name);
    fs.mkdirSync(folder, { recursive: true });
    return [name, folder];
  })
);

const environment = { ...process.env };
delete environment.MLFLOW_TRACKING_URI;
delete environment.JUPYTER_MLOPS_STORE_URL;
delete environment.JUPYTER_MLOPS_TRACKING_URI;

module.exports = {
  ...baseConfig,
  testDir: 'tests',
  outputDir: 'test-results',
  reporter: [['list'], [require.resolve('./failures')]],
  // One server, one worker process: the tests take turns.
  workers: 1,
  fullyParallel: false,
  // JupyterLab itself may be slow to appear on a busy machine.
  retries: process.env.CI ? 2 : 1,
  // A run imports MLflow and scikit-learn first: on a machine with six other things to do, for a minute.
  timeout: 600_000,
  expect: { timeout: 120_000 },
  globalTeardown: require.resolve('./teardown'),
  use: {
    ...baseConfig.use,
    baseURL: url,
    viewport: { width: 1280, height: 900 },
    video: 'off',
    trace: 'on-first-retry',
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync'
      ]
    }
  },
  webServer: {
    command: [
      'exec jupyter lab --config jupyter_server_test_config.py',
      `--ServerApp.port=${process.env.UI_TESTS_PORT}`,
      ...(process.getuid?.() === 0 ? ['--allow-root'] : []),
      '>artifacts/server.log 2>&1'
    ].join(' '),
    url: `${url}/lab`,
    timeout: 120_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 },
    env: {
      ...environment,
      JUPYTERLAB_GALATA_ROOT_DIR: folders.root,
      JUPYTER_MLOPS_DATA_DIR: folders.mlops,
      JUPYTER_CONFIG_DIR: folders.config,
      IPYTHONDIR: folders.ipython
    }
  }
};
