/** End the tests' server and the worker that it has started, and remove what they wrote. */
const fs = require('node:fs');

const GRACE = 20_000;
const server = `http://127.0.0.1:${process.env.UI_TESTS_PORT}`;

module.exports = async () => {
  const { workers } = await fetch(`${server}/jupyter-mlops/api/status`).then(
    answer => answer.json()
  );
  // The server goes first, since it starts a worker anew where a schedule waits for one.
  await fetch(`${server}/api/shutdown`, { method: 'POST' });
  await until(async () => !(await isServing()));
  for (const { pid } of workers) {
    process.kill(pid, 'SIGTERM');
  }
  await until(() => !workers.some(({ pid }) => isAlive(pid)));
  fs.rmSync(process.env.UI_TESTS_HOME, {
    recursive: true,
    force: true,
    maxRetries: 5
  });
};

async function until(isSo) {
  const deadline = Date.now() + GRACE;
  while (!(await isSo())) {
    if (Date.now() > deadline) {
      throw new Error(
        `What the UI tests started is still there after ${GRACE} ms.`
      );
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

function isServing() {
  return fetch(`${server}/api`).then(
    () => true,
    () => false
  );
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
