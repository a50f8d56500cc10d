import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, Session } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Recording } from '../api/types';
import { ask, type Reply, valueOf } from '../kernel/ask';

const LOAD = '%load_ext jupyter_mlops';
const UNLOAD = '%unload_ext jupyter_mlops';
const IS_LOADED = "'jupyter_mlops' in get_ipython().extension_manager.loaded";

/**
 * `unsupported`: not a Python kernel, `refused`: it could not load the recorder; and the server does not help.
 */
export type RecordingState =
  'no-kernel' | 'unsupported' | 'off' | 'switching' | 'on' | 'refused';

/** What is so when neither the kernel records nor the server can be asked to. */
interface IInability {
  state: RecordingState;
  detail: string | null;
}

/** What a recorder needs of a notebook's session. */
export type RecordedSession = Pick<
  ISessionContext,
  'session' | 'kernelChanged' | 'statusChanged'
>;

/** How the server records a notebook whose kernel cannot do so itself. */
export interface IServerRecording {
  /** As it is now. */
  ask(): Promise<Recording>;
  switch(on: boolean): Promise<Recording>;
}

/**
 * Switches the recording of a notebook's kernel, with silent requests that need no cell.
 *
 * A kernel that cannot record itself is recorded by the server, which hears what is said to it and by it.
 * While it is on, a restarted or changed kernel is switched on again, before any cell reaches it.
 */
export class Recorder implements IDisposable {
  constructor(
    private readonly _session: RecordedSession,
    private readonly _server: IServerRecording
  ) {
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

  /**
   * Why the server records, in a sentence, when it does; the kernel's language when it is `unsupported`;
   * the error's name when it has `refused`.
   */
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
      const inability = { state: 'unsupported', detail: language } as const;
      await (errand === 'switch'
        ? this._switchServer(turn, inability)
        : this._followServer(turn, inability, () => this._server.ask()));
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
      const detail = (reply as { ename?: string }).ename ?? null;
      await this._switchServer(turn, { state: 'refused', detail });
    } else if (!isWanted && this._isServed) {
      await this._switchServer(turn, { state: 'off', detail: null });
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
    this._isWanted = valueOf(reply, 'loaded') === 'True';
    if (this._isWanted) {
      this._set('on');
    } else {
      const inability = { state: 'off', detail: null } as const;
      await this._followServer(turn, inability, () => this._server.ask());
    }
  }

  /** The reply to a silent request, or null when the kernel went away before it. */
  private async _request(
    kernel: Kernel.IKernelConnection,
    code: string,
    expressions: Record<string, string> = {}
  ): Promise<Reply | null> {
    const reply = await ask(kernel, code, expressions);
    this._isUnanswered = reply === null;
    return reply;
  }

  /** Have the server record what the kernel cannot, or no longer. */
  private async _switchServer(
    turn: number,
    inability: IInability
  ): Promise<void> {
    this._set('switching');
    await this._followServer(turn, inability, () =>
      this._server.switch(this._isWanted)
    );
  }

  /** Take the server's state for ours; where the server cannot tell, say what the kernel cannot do. */
  private async _followServer(
    turn: number,
    inability: IInability,
    ask: () => Promise<Recording>
  ): Promise<void> {
    try {
      const { on, reason } = await ask();
      if (turn === this._turn) {
        this._isWanted = on;
        this._isServed = on;
        this._set(on ? 'on' : 'off', on ? reason : null);
      }
    } catch {
      if (turn === this._turn) {
        this._isWanted &&= inability.state !== 'refused';
        this._set(inability.state, inability.detail);
      }
    }
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
  /** Whether the server was asked to record, too. */
  private _isServed = false;
  /** Whether a kernel went away before it answered. */
  private _isUnanswered = false;
  /** Rises with every question to the kernel. */
  private _turn = 0;
}
