import { Signal } from '@lumino/signaling';
import type { Recording } from '../../api/types';
import { Recorder } from '../recorder';

/** A kernel that knows `%load_ext`, `%unload_ext` and whether they were run. */
class Kernel {
  constructor(readonly language = 'python') {}

  isLoaded = false;
  readonly status = 'idle';
  readonly requests: any[] = [];
  /** What the next requests are answered with, before they are obeyed. */
  readonly refusals: object[] = [];

  get spec() {
    return Promise.resolve({ language: this.language });
  }

  requestExecute(content: any) {
    this.requests.push(content);
    const refused = this.refusals.shift();
    if (!refused) {
      this.isLoaded =
        content.code === '%load_ext jupyter_mlops' ||
        (this.isLoaded && content.code !== '%unload_ext jupyter_mlops');
    }
    const text = this.isLoaded ? 'True' : 'False';
    const answer = refused ?? {
      status: 'ok',
      user_expressions: {
        loaded: { status: 'ok', data: { 'text/plain': text } }
      }
    };
    const future: any = { done: Promise.resolve() };
    void future.done.then(() => future.onReply({ content: answer }));
    return future;
  }
}

class Session {
  constructor(kernel: Kernel | null) {
    this.session = kernel && { kernel };
  }

  session: { kernel: Kernel } | null;
  readonly kernelChanged = new Signal<this, any>(this);
  readonly statusChanged = new Signal<this, any>(this);

  change(kernel: Kernel | null): void {
    const oldValue = this.session?.kernel ?? null;
    this.session = kernel && { kernel };
    this.kernelChanged.emit({ name: 'kernel', oldValue, newValue: kernel });
  }
}

/** A server that records what it is asked to, or that does not answer. */
class ServerRecording {
  on = false;
  isAway = false;

  ask = () => this.switch(this.on);

  switch = async (on: boolean): Promise<Recording> => {
    if (this.isAway) {
      throw new Error('no answer');
    }
    this.on = on;
    const by = on ? 'listener' : 'none';
    return { notebook: 'train.ipynb', on, by, reason: 'The server listens.' };
  };
}

function aRecorder(kernel: Kernel | null = new Kernel()) {
  const session = new Session(kernel);
  const server = new ServerRecording();
  const recorder = new Recorder(session as any, server);
  return { kernel: kernel!, session, server, recorder };
}

/** When the recorder comes to a state. */
function state(recorder: Recorder, wanted: Recorder['state']): Promise<void> {
  return new Promise(resolve => {
    const look = () => recorder.state === wanted && resolve();
    recorder.changed.connect(look);
    look();
  });
}

describe('Recorder', () => {
  it('switches with a silent request that leaves no trace in the history', async () => {
    const { kernel, recorder } = aRecorder();
    await state(recorder, 'off');
    await recorder.setRecording(true);
    expect(recorder.state).toBe('on');
    expect(kernel.isLoaded).toBe(true);
    expect(kernel.requests.at(-1)).toMatchObject({
      code: '%load_ext jupyter_mlops',
      silent: true,
      store_history: false
    });
    await recorder.setRecording(false);
    expect(recorder.state).toBe('off');
    expect(kernel.isLoaded).toBe(false);
  });

  it('sees that a kernel records already', async () => {
    const kernel = new Kernel();
    kernel.isLoaded = true;
    const { recorder } = aRecorder(kernel);
    await state(recorder, 'on');
  });

  it('sees that a cell has switched it', async () => {
    const { kernel, recorder } = aRecorder();
    await state(recorder, 'off');
    kernel.isLoaded = true;
    await recorder.probe();
    expect(recorder.state).toBe('on');
  });

  it('switches a restarted kernel on again, before any cell', async () => {
    const { kernel, session, recorder } = aRecorder();
    await state(recorder, 'off');
    await recorder.setRecording(true);
    kernel.isLoaded = false;
    kernel.requests.length = 0;
    session.statusChanged.emit('restarting');
    await state(recorder, 'switching');
    await state(recorder, 'on');
    expect(kernel.requests.map(({ code }) => code)).toEqual([
      '%load_ext jupyter_mlops'
    ]);
  });

  it('switches another kernel on too, and does not when recording is off', async () => {
    const { session, recorder } = aRecorder();
    await state(recorder, 'off');
    await recorder.setRecording(true);
    const next = new Kernel();
    session.change(next);
    await state(recorder, 'switching');
    await state(recorder, 'on');
    expect(next.isLoaded).toBe(true);
    await recorder.setRecording(false);
    const last = new Kernel();
    session.change(last);
    await state(recorder, 'off');
    expect(last.isLoaded).toBe(false);
  });

  it('keeps the wish until a kernel starts', async () => {
    const { session, recorder } = aRecorder(null);
    await recorder.setRecording(true);
    expect(recorder.state).toBe('no-kernel');
    const kernel = new Kernel();
    session.change(kernel);
    await state(recorder, 'on');
    expect(kernel.isLoaded).toBe(true);
  });

  it('has the server record a kernel of another language, and asks nothing of that', async () => {
    const { kernel, server, recorder } = aRecorder(new Kernel('R'));
    await state(recorder, 'off');
    await recorder.setRecording(true);
    expect([recorder.state, recorder.detail]).toEqual([
      'on',
      'The server listens.'
    ]);
    expect(server.on).toBe(true);
    await recorder.setRecording(false);
    expect(server.on).toBe(false);
    expect(recorder.state).toBe('off');
    expect(kernel.requests).toEqual([]);
  });

  it('names the language where the server does not answer either', async () => {
    const { server, recorder } = aRecorder(new Kernel('R'));
    server.isAway = true;
    await recorder.setRecording(true);
    expect([recorder.state, recorder.detail]).toEqual(['unsupported', 'R']);
  });

  it('has the server record a kernel that cannot load the recorder', async () => {
    const { kernel, server, recorder } = aRecorder();
    await state(recorder, 'off');
    kernel.refusals.push({ status: 'error', ename: 'ModuleNotFoundError' });
    await recorder.setRecording(true);
    expect([recorder.state, recorder.detail]).toEqual([
      'on',
      'The server listens.'
    ]);
    await recorder.setRecording(false);
    expect([recorder.state, server.on]).toEqual(['off', false]);
  });

  it('sees that the server records already', async () => {
    const session = new Session(new Kernel('bash'));
    const server = new ServerRecording();
    server.on = true;
    await state(new Recorder(session as any, server), 'on');
  });

  it('sends the switch before what is run after it, though a probe is unanswered', async () => {
    const { kernel, recorder } = aRecorder();
    await kernel.spec;
    const switched = recorder.setRecording(true);
    await kernel.spec;
    await kernel.spec;
    expect(kernel.requests.map(({ code }) => code)).toEqual([
      '',
      '%load_ext jupyter_mlops'
    ]);
    await switched;
    expect(recorder.state).toBe('on');
  });

  it('asks again when a restart swallowed the question', async () => {
    const { kernel, session, recorder } = aRecorder();
    await state(recorder, 'off');
    const answer = kernel.requestExecute.bind(kernel);
    kernel.requestExecute = () => {
      kernel.requestExecute = answer;
      return { done: Promise.reject(new Error('Canceled')) };
    };
    await recorder.setRecording(true);
    expect(recorder.state).toBe('switching');
    session.statusChanged.emit('idle');
    await state(recorder, 'on');
    expect(kernel.isLoaded).toBe(true);
  });

  it('says why the kernel refused where the server does not help, and tries again on request', async () => {
    const { kernel, server, recorder } = aRecorder();
    await state(recorder, 'off');
    server.isAway = true;
    kernel.refusals.push({ status: 'error', ename: 'ModuleNotFoundError' });
    await recorder.setRecording(true);
    expect([recorder.state, recorder.detail]).toEqual([
      'refused',
      'ModuleNotFoundError'
    ]);
    await recorder.setRecording(true);
    expect(recorder.state).toBe('on');
  });

  it('repeats a request that was aborted because a cell before it failed', async () => {
    const { kernel, recorder } = aRecorder();
    await state(recorder, 'off');
    kernel.refusals.push({ status: 'aborted' });
    await recorder.setRecording(true);
    expect(recorder.state).toBe('on');
  });
});
