import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
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
    void this._attach();
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
  async setRecording(isWanted: boolean): Promise<void> {
    this._isWanted = isWanted;
    if (this._state !== 'no-kernel' && this._state !== 'unsupported') {
      await this._apply();
    }
  }

  /** Ask the kernel whether it records, for a cell may have switched it. */
  async probe(): Promise<void> {
    const wasWanted = this._isWanted;
    const reply = await this._request('', { loaded: IS_LOADED });
    if (reply?.status !== 'ok' || wasWanted !== this._isWanted) {
      return;
    }
    const answer = reply.user_expressions.loaded as {
      data?: Record<string, string>;
    };
    const isLoaded = answer?.data?.['text/plain'] === 'True';
    this._isWanted = isLoaded;
    this._set(isLoaded ? 'on' : 'off');
  }

  private _onKernelChanged(): void {
    void this._attach();
  }

  private _onStatusChanged(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      // The connection forgets what is asked of it while it says so: ask just after.
      void Promise.resolve().then(() => this._attach());
    } else if (status === 'dead' || status === 'terminating') {
      this._set('no-kernel');
    } else if (status === 'idle' && this._isUnanswered) {
      void this._attach();
    }
  }

  private async _attach(): Promise<void> {
    const kernel = this._session.session?.kernel;
    if (!kernel) {
      this._set('no-kernel');
      return;
    }
    const language = (await kernel.spec)?.language ?? '';
    if (language.toLowerCase() !== 'python') {
      this._set('unsupported', language);
    } else if (this._isWanted) {
      await this._apply();
    } else {
      this._set('off');
      await this.probe();
    }
  }

  private async _apply(): Promise<void> {
    const isWanted = this._isWanted;
    this._set('switching');
    const reply = await this._request(isWanted ? LOAD : UNLOAD);
    this._isUnanswered = reply === null;
    if (reply === null || isWanted !== this._isWanted) {
      return;
    }
    if (reply.status === 'error') {
      this._isWanted = false;
      this._set('refused', (reply as { ename?: string }).ename ?? null);
    } else {
      this._set(isWanted ? 'on' : 'off');
    }
  }

  /** The reply to a silent request, or null when the kernel went away before it. */
  private async _request(
    code: string,
    user_expressions: Record<string, string> = {}
  ): Promise<Reply | null> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const kernel = this._session.session?.kernel;
      if (!kernel || kernel.status === 'dead') {
        return null;
      }
      try {
        const { content } = await kernel.requestExecute({
          code,
          user_expressions,
          silent: true,
          store_history: false,
          stop_on_error: false
        }).done;
        if ((content.status as string) !== 'aborted') {
          return content;
        }
      } catch {
        return null; // restarted or closed
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
  /** Whether a kernel went away before it answered. */
  private _isUnanswered = false;
  private _isDisposed = false;
}
