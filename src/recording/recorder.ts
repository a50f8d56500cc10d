import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage, Session } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

const LOAD = '%load_ext jupyter_mlops';
const UNLOAD = '%unload_ext jupyter_mlops';
const IS_LOADED = "'jupyter_mlops' in get_ipython().extension_manager.loaded";

/** How often a request is repeated that the kernel aborted because a cell before it failed. */
const ATTEMPTS = 3;

/**
 * `unsupported`: the kernel is not a Python kernel; `refused`: the kernel could not load the recorder.
 */
export type RecordingState =
  'no-kernel' | 'unsupported' | 'off' | 'switching' | 'on' | 'refused';

/** What a recorder needs of a notebook's session. */
export type RecordedSession = Pick<
  ISessionContext,
  'session' | 'kernelChanged' | 'statusChanged'
>;

type Reply = KernelMessage.IExecuteReplyMsg['content'];

/**
 * Switches the recording of a notebook's kernel, with silent requests that need no cell.
 *
 * While it is on, a restarted or changed kernel is switched on again, before any cell reaches it.
 */
export class Recorder implements IDisposable {
  constructor(private readonly _session: RecordedSession) {
    this._session.kernelChanged.connect(this._onKernelChanged, this);
    this._session.statusChanged.connect(this._onStatusChanged, this);
    void this.probe();
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get state(): RecordingState {
    return this._state;
  }

  /** The kernel's language when it is `unsupported`; the error's name when it has `refused`. */
  get detail(): string | null {
    return this._detail;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._session.kernelChanged.disconnect(this._onKernelChanged, this);
    this._session.statusChanged.disconnect(this._onStatusChanged, this);
    Signal.clearData(this);
  }

  /** Switch recording on or off; without a kernel, it is switched when one starts. */
  setRecording(isWanted: boolean): Promise<void> {
    this._isWanted = isWanted;
    return this._meetKernel('switch');
  }

  /** Ask the kernel whether it records, for a cell may have switched it. */
  async probe(): Promise<void> {
    // A switch that is under way will tell.
    if (this._state !== 'switching') {
      await this._meetKernel('probe');
    }
  }

  private _onKernelChanged(
    _: unknown,
    { oldValue, newValue }: Session.ISessionConnection.IKernelChangedArgs
  ): void {
    if (oldValue !== newValue) {
      void this._meetNewKernel();
    }
  }

  private _onStatusChanged(_: unknown, status: Kernel.Status): void {
    if (status === this._lastStatus) {
      return;
    }
    this._lastStatus = status;
    if (status === 'restarting' || status === 'autorestarting') {
      // The connection forgets what is asked of it while it says so: ask just after.
      void Promise.resolve().then(() => this._meetNewKernel());
    } else if (status === 'dead' || status === 'terminating') {
      this._set('no-kernel');
    } else if (status === 'idle' && this._isUnanswered) {
      void this._meetNewKernel();
    }
  }

  private _meetNewKernel(): Promise<void> {
    return this._meetKernel(this._isWanted ? 'switch' : 'probe');
  }

  /**
   * Ask the kernel something at once, so that it comes before any cell run from now on.
   *
   * Only what was asked last sets the state.
   */
  private async _meetKernel(errand: 'switch' | 'probe'): Promise<void> {
    const turn = ++this._turn;
    const kernel = this._session.session?.kernel;
    const language = (await kernel?.spec)?.language ?? '';
    if (turn !== this._turn) {
      return;
    }
    if (!kernel || kernel.status === 'dead') {
      this._set('no-kernel');
    } else if (language.toLowerCase() !== 'python') {
      this._set('unsupported', language);
    } else if (errand === 'switch') {
      await this._switch(kernel, turn);
    } else {
      await this._probe(kernel, turn);
    }
  }

  private async _switch(
    kernel: Kernel.IKernelConnection,
    turn: number
  ): Promise<void> {
    const isWanted = this._isWanted;
    this._set('switching');
    const reply = await this._request(kernel, isWanted ? LOAD : UNLOAD);
    if (reply === null || turn !== this._turn) {
      return;
    }
    if (reply.status === 'error') {
      this._isWanted = false;
      this._set('refused', (reply as { ename?: string }).ename ?? null);
    } else {
      this._set(isWanted ? 'on' : 'off');
    }
  }

  private async _probe(
    kernel: Kernel.IKernelConnection,
    turn: number
  ): Promise<void> {
    if (this._state === 'no-kernel' || this._state === 'unsupported') {
      this._set('off');
    }
    const reply = await this._request(kernel, '', { loaded: IS_LOADED });
    if (reply?.status !== 'ok' || turn !== this._turn) {
      return;
    }
    const answer = reply.user_expressions.loaded as {
      data?: Record<string, string>;
    };
    this._isWanted = answer?.data?.['text/plain'] === 'True';
    this._set(this._isWanted ? 'on' : 'off');
  }

  /** The reply to a silent request, or null when the kernel went away before it. */
  private async _request(
    kernel: Kernel.IKernelConnection,
    code: string,
    user_expressions: Record<string, string> = {}
  ): Promise<Reply | null> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const reply = await ask(kernel, code, user_expressions);
      if ((reply?.status as string) !== 'aborted') {
        this._isUnanswered = reply === null;
        return reply;
      }
    }
    return null;
  }

  private _set(state: RecordingState, detail: string | null = null): void {
    if (this._isDisposed) {
      return;
    }
    this._state = state;
    this._detail = detail;
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _state: RecordingState = 'no-kernel';
  private _detail: string | null = null;
  private _isWanted = false;
  private _isDisposed = false;
  private _lastStatus: Kernel.Status | null = null;
  /** Whether a kernel went away before it answered. */
  private _isUnanswered = false;
  /** Rises with every question to the kernel. */
  private _turn = 0;
}

/**
 * Ask a kernel without leaving a trace in its history.
 *
 * The reply alone is waited for: just after a restart, what comes on the other channel may be lost.
 */
function ask(
  kernel: Kernel.IKernelConnection,
  code: string,
  user_expressions: Record<string, string>
): Promise<Reply | null> {
  return new Promise(resolve => {
    try {
      const future = kernel.requestExecute({
        code,
        user_expressions,
        silent: true,
        store_history: false,
        stop_on_error: false
      });
      future.onReply = ({ content }) => resolve(content);
      future.done.catch(() => resolve(null)); // restarted or closed
    } catch {
      resolve(null); // dead
    }
  });
}
