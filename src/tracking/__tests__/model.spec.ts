import { Signal } from '@lumino/signaling';
import { Tracking } from '../model';

/** A kernel that knows `start` and `stop`, and answers which run is active. */
class Kernel {
  constructor(readonly language = 'python') {}

  name: string | null = null;
  refusal: string | null = null;
  status = 'idle';
  autolog: string[] = [];
  /** What each function of the sidebar's module gives. */
  answers: Record<string, unknown> = {};
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
    const switched = /\.autolog\((True|False)\)/.exec(
      content.user_expressions.answer
    );
    if (switched) {
      this.autolog = switched[1] === 'True' ? ['mlflow'] : [];
    }
    const asked = /\.(\w+)\(/.exec(
      (content.user_expressions.answer ?? '').split(')').slice(1).join(')')
    );
    const answer =
      this.refusal !== null && content.code
        ? { status: 'error', ename: 'ConflictError', evalue: this.refusal }
        : {
            status: 'ok',
            user_expressions: {
              ...(asked && { answer: this._answer(asked[1]) }),
              state: literal({ value: { run, autolog: this.autolog } })
            }
          };
    const future: any = { done: Promise.resolve() };
    void this.free.then(() => future.onReply({ content: answer }));
    return future;
  }

  /** Resolves when it has run what it runs. */
  free: Promise<void> = Promise.resolve();

  private _answer(name: string): unknown {
    const given = this.answers[name] ?? { value: null };
    return given instanceof Error
      ? { status: 'error', ename: 'ValueError', evalue: given.message }
      : literal(given);
  }
}

/** An answer as the kernel's reply has it. */
function literal(answer: unknown): object {
  return { data: { 'text/plain': `'${hexOf(asciiJson(answer))}'` } };
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

async function aTracking(kernel = new Kernel(), save?: () => Promise<void>) {
  const session = new Session(kernel);
  const tracking = new Tracking(session as any, save);
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

  it('switches autologging on and off, and sees that a cell has done so', async () => {
    const { kernel, tracking } = await aTracking();
    await tracking.setAutolog(true);
    expect(tracking.autologged).toEqual(['mlflow']);
    expect(kernel.requests.at(-1)).toMatchObject({
      code: '',
      silent: true,
      store_history: false
    });
    await tracking.setAutolog(false);
    expect(tracking.autologged).toEqual([]);
    kernel.autolog = ['sklearn'];
    await tracking.probe();
    expect(tracking.autologged).toEqual(['sklearn']);
  });

  it('saves the notebook before it keeps a copy, and tells which', async () => {
    const saved: number[] = [];
    const { kernel, tracking } = await aTracking(new Kernel(), async () => {
      saved.push(kernel.requests.length);
    });
    const kept = { sha: 'ab', notebook: 'a.ipynb', differences: [], run: null };
    kernel.answers.snapshot = { value: kept };
    const before = kernel.requests.length;
    await tracking.keep();
    expect(saved).toEqual([before]);
    expect(tracking.outcome).toEqual({ kind: 'kept', kept });
  });

  it('keeps nothing of a notebook that could not be saved', async () => {
    const { kernel, tracking } = await aTracking(new Kernel(), async () => {
      throw new Error('The disk is full.');
    });
    const before = kernel.requests.length;
    await expect(tracking.keep()).rejects.toThrow('The disk is full.');
    expect(kernel.requests.length).toBe(before);
  });

  it('logs what was typed as it is, whatever quotes and scripts it has', async () => {
    const { kernel, tracking } = await aTracking();
    kernel.answers.log = { value: 'größer' };
    const logged = { kind: 'tag', name: 'note', value: '"\'\\ ü' } as const;
    await tracking.log(logged);
    expect(kernel.requests.at(-1).user_expressions.answer).toContain(
      `.log("tag", "note", ${JSON.stringify(logged.value)})`
    );
    expect(tracking.outcome).toEqual({ kind: 'logged', logged, run: 'größer' });
  });

  it('throws the problem that the kernel answers, with its field', async () => {
    const { kernel, tracking } = await aTracking();
    const problem = {
      message: 'A tag needs a name.',
      code: 'bad_input',
      field: 'name',
      hint: null
    };
    kernel.answers.log = { problem };
    await expect(
      tracking.log({ kind: 'tag', name: '', value: 'x' })
    ).rejects.toMatchObject({ problem });
    expect(tracking.outcome).toBeNull();
  });

  it('throws the words of an error that nobody foresaw, and is ready again', async () => {
    const { kernel, tracking } = await aTracking();
    kernel.answers.runs = new Error('No module named nonsense');
    await expect(tracking.runs()).rejects.toThrow('No module named nonsense');
    expect(tracking.state).toBe('ready');
  });

  it('says that it waits while the kernel runs a cell, until the cell has ended', async () => {
    const { kernel, session, tracking } = await aTracking();
    let end = () => {};
    kernel.free = new Promise(resolve => (end = resolve));
    kernel.status = 'busy';
    const switched = tracking.setAutolog(true);
    await Promise.resolve();
    await Promise.resolve();
    expect([tracking.state, tracking.isWaiting]).toEqual(['switching', true]);
    await expect(tracking.keep()).rejects.toThrow('still at');
    session.statusChanged.emit('idle');
    expect(tracking.isWaiting).toBe(false);
    end();
    await switched;
    expect(tracking.state).toBe('ready');
  });
});
