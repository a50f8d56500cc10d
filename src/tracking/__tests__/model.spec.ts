import { Signal } from '@lumino/signaling';
import { Tracking } from '../model';

/** A kernel that knows `start` and `stop`, and answers which run is active. */
class Kernel {
  constructor(readonly language = 'python') {}

  name: string | null = null;
  refusal: string | null = null;
  readonly requests: any[] = [];

  get spec() {
    return Promise.resolve({ language: this.language });
  }

  requestExecute(content: any) {
    this.requests.push(content);
    const started = /start\((?:"(.*)"|None)\)/.exec(content.code);
    if (this.refusal === null) {
      this.name = started
        ? (started[1] ?? 'a-name-by-mlflow')
        : content.code.includes('stop()')
          ? null
          : this.name;
    }
    const run = this.name && { run_id: 'r1', name: this.name };
    const text = `'${hexOf(asciiJson(run))}'`;
    const answer =
      this.refusal !== null && content.code
        ? { status: 'error', ename: 'ConflictError', evalue: this.refusal }
        : {
            status: 'ok',
            user_expressions: { run: { data: { 'text/plain': text } } }
          };
    const future: any = { done: Promise.resolve() };
    void future.done.then(() => future.onReply({ content: answer }));
    return future;
  }
}

/** As Python's `json.dumps` writes it. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  );
}

function hexOf(text: string): string {
  return [...text]
    .map(letter => letter.charCodeAt(0).toString(16).padStart(2, '0'))
    .join('');
}

class Session {
  constructor(kernel: Kernel) {
    this.session = { kernel };
  }

  session: { kernel: Kernel };
  readonly kernelChanged = new Signal<this, any>(this);
  readonly statusChanged = new Signal<this, any>(this);
}

async function aTracking(kernel = new Kernel()) {
  const session = new Session(kernel);
  const tracking = new Tracking(session as any);
  await tracking.probe();
  return { kernel, session, tracking };
}

describe('Tracking', () => {
  it('starts and stops a run with silent requests that bind no name', async () => {
    const { kernel, tracking } = await aTracking();
    expect([tracking.state, tracking.activeRun]).toEqual(['ready', null]);
    await tracking.start(' first try ');
    expect(tracking.activeRun).toEqual({ run_id: 'r1', name: 'first try' });
    expect(kernel.requests.at(-1)).toMatchObject({
      code: `__import__('jupyter_mlops').start("first try")`,
      silent: true,
      store_history: false
    });
    await tracking.stop();
    expect(tracking.activeRun).toBeNull();
  });

  it('leaves the name to MLflow when there is none', async () => {
    const { tracking } = await aTracking();
    await tracking.start('  ');
    expect(tracking.activeRun?.name).toBe('a-name-by-mlflow');
  });

  it('reads names of every script', async () => {
    const { tracking } = await aTracking();
    await tracking.start('größer');
    expect(tracking.activeRun?.name).toBe('größer');
  });

  it('sees that a cell has started a run', async () => {
    const { kernel, tracking } = await aTracking();
    kernel.name = 'by a cell';
    await tracking.probe();
    expect(tracking.activeRun?.name).toBe('by a cell');
  });

  it('fails with the words of the kernel, and stays as it was', async () => {
    const { kernel, tracking } = await aTracking();
    kernel.refusal = "The MLflow run 'x' is active already.";
    await expect(tracking.start('y')).rejects.toThrow(kernel.refusal);
    expect(tracking.state).toBe('ready');
  });

  it('is impossible in a kernel of another language', async () => {
    const { kernel, tracking } = await aTracking(new Kernel('R'));
    expect(tracking.state).toBe('impossible');
    expect(kernel.requests).toEqual([]);
  });

  it('forgets the run of a kernel that was restarted', async () => {
    const { kernel, session, tracking } = await aTracking();
    await tracking.start('lost');
    kernel.name = null;
    session.statusChanged.emit('restarting');
    await Promise.resolve();
    await tracking.probe();
    expect(tracking.activeRun).toBeNull();
  });
});
