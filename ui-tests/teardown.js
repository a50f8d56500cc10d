/** End the worker that the tests' server has started, and remove what they wrote. */
const fs = require('node:fs');

const GRACE = 10_000;

module.exports = async () => {
  const url = `http://127.0.0.1:${process.env.UI_TESTS_PORT}/jupyter-mlops/api/status`;
  const { workers } = await fetch(url).then(answer => answer.json());
  await Promise.all(workers.map(({ pid }) => end(pid)));
  fs.rmSync(process.env.UI_TESTS_HOME, {
    recursive: true,
    force: true,
    maxRetries: 5
  });
};

async function end(pid) {
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + GRACE;
  while (isAlive(pid)) {
    if (Date.now() > deadline) {
      process.kill(pid, 'SIGKILL');
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
