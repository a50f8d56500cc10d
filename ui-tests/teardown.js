/** End all that the tests have started, however they ended, and remove what it wrote. */
const fs = require('node:fs');
const path = require('node:path');

const GRACE = 20_000;
const server = `http://127.0.0.1:${process.env.UI_TESTS_PORT}`;
const home = process.env.UI_TESTS_HOME;

module.exports = async () => {
  const workers = await askForWorkers();
  // The server goes first, since it starts a worker anew where a schedule waits for one.
  await fetch(`${server}/api/shutdown`, { method: 'POST' }).catch(() => {});
  await until(async () => !(await isServing()));
  for (const { pid } of workers) {
    // The second time it does not wait for its runs, of which one may wait for a test that has failed.
    signal(pid, 'SIGTERM');
    await new Promise(resolve => setTimeout(resolve, 100));
    signal(pid, 'SIGTERM');
  }
  await until(
    () => !workers.some(({ pid }) => signal(pid, 0)) && leftovers().length === 0
  );
  leftovers().forEach(pid => signal(pid, 'SIGKILL'));
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
};

/** The workers as the server knows them; none when it does not answer any more. */
async function askForWorkers() {
  try {
    const answer = await fetch(`${server}/jupyter-mlops/api/status`);
    return (await answer.json()).workers;
  } catch {
    return [];
  }
}

/** The processes that were started for these tests' data, where the system says so. */
function leftovers() {
  const mark = `JUPYTER_MLOPS_DATA_DIR=${path.join(home, 'mlops')}\0`;
  return listed('/proc')
    .map(Number)
    .filter(pid => pid > 0 && environmentOf(pid).includes(mark));
}

function listed(folder) {
  return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
}

function environmentOf(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return ''; // It has ended, or is another user's.
  }
}

/** Wait for it, but no longer than is fair: what is left then is ended without asking. */
async function until(isSo) {
  const deadline = Date.now() + GRACE;
  while (!(await isSo()) && Date.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

function isServing() {
  return fetch(`${server}/api`).then(
    () => true,
    () => false
  );
}

/** Send a signal; returns whether the process was there. */
function signal(pid, name) {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
