import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { ask, type Reply, valueOf } from '../kernel/ask';

const US = "__import__('jupyter_mlops')";

/** The active run as JSON in hexadecimal digits, which no quoting can spoil; loads nothing that is not there. */
const ACTIVE_RUN = [
  "(lambda us: __import__('json').dumps(us.active_run() if us else None).encode().hex())",
  "(__import__('sys').modules.get('jupyter_mlops'))"
].join('');

/** An MLflow run that is active in a kernel. */
export interface IActiveRun {
  run_id: string;
  name: string;
}

export type TrackingState = 'impossible' | 'ready' | 'starting' | 'stopping';

type TrackedSession = Pick<
  ISessionContext,
  'session' | 'kernelChanged' | 'statusChanged'
>;

/** Starts and stops MLflow runs in a notebook's kernel, and knows which one is active. */
export class Tracking implements IDisposable {
  constructor(private readonly _session: TrackedSession) {
    this._session.kernelChanged.connect(this._onNewKernel, this);
    this._session.statusChanged.connect(this._onStatus, this);
    void this.probe();
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** `impossible` without a Python kernel. */
  get state(): TrackingState {
    return this._state;
  }

  get activeRun(): IActiveRun | null {
    return this._activeRun;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._session.kernelChanged.disconnect(this._onNewKernel, this);
    this._session.statusChanged.disconnect(this._onStatus, this);
    Signal.clearData(this);
  }

  /** Start a run; without a name MLflow makes one. Throws with the kernel's words if it cannot. */
  start(name: string): Promise<void> {
    const argument = name.trim() ? JSON.stringify(name.trim()) : 'None';
    return this._do('starting', `${US}.start(${argument})`);
  }

  /** End the active run. Throws with the kernel's words if it cannot. */
  stop(): Promise<void> {
    return this._do('stopping', `${US}.stop()`);
  }

  /** Ask which run is active, for a cell may have changed that; calls during a question make one more. */
  probe(): Promise<void> {
    this._isOutdated = true;
    this._probing ??= this._probeWhileOutdated().finally(() => {
      this._probing = null;
    });
    return this._probing;
  }

  private async _probeWhileOutdated(): Promise<void> {
    while (this._isOutdated && !this._isDisposed) {
      this._isOutdated = false;
      const kernel = await this._pythonKernel();
      if (!kernel) {
        this._set('impossible', null);
        continue;
      }
      const reply = await ask(kernel, '', { run: ACTIVE_RUN });
      if (!this._isBusy && kernel === this._session.session?.kernel) {
        this._set('ready', activeRunIn(reply));
      }
    }
  }

  private async _do(
    state: 'starting' | 'stopping',
    code: string
  ): Promise<void> {
    const kernel = await this._pythonKernel();
    if (!kernel || this._isBusy) {
      return;
    }
    this._set(state, this._activeRun);
    const reply = await ask(kernel, code, { run: ACTIVE_RUN });
    this._set('ready', this._activeRun);
    if (reply?.status === 'ok') {
      this._set('ready', activeRunIn(reply));
    } else {
      void this.probe();
      const error = reply as { ename?: string; evalue?: string } | null;
      throw new Error(error?.evalue || error?.ename || 'The kernel went away.');
    }
  }

  private async _pythonKernel(): Promise<Kernel.IKernelConnection | null> {
    const kernel = this._session.session?.kernel;
    const language = (await kernel?.spec)?.language ?? '';
    return kernel && language.toLowerCase() === 'python' ? kernel : null;
  }

  private get _isBusy(): boolean {
    return this._state === 'starting' || this._state === 'stopping';
  }

  private _onNewKernel(): void {
    this._set('impossible', null);
    void this.probe();
  }

  private _onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      // The connection forgets what is asked of it while it says so: ask just after.
      void Promise.resolve().then(() => this._onNewKernel());
    } else if (status === 'dead' || status === 'terminating') {
      this._set('impossible', null);
    }
  }

  private _set(state: TrackingState, activeRun: IActiveRun | null): void {
    const differs =
      state !== this._state || activeRun?.run_id !== this._activeRun?.run_id;
    this._state = state;
    this._activeRun = activeRun;
    if (differs && !this._isDisposed) {
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _state: TrackingState = 'impossible';
  private _activeRun: IActiveRun | null = null;
  private _isOutdated = false;
  private _probing: Promise<void> | null = null;
  private _isDisposed = false;
}

function activeRunIn(reply: Reply | null): IActiveRun | null {
  const digits = valueOf(reply, 'run')?.match(/[0-9a-f]{2}/g) ?? [];
  const text = digits
    .map(digit => String.fromCharCode(parseInt(digit, 16)))
    .join('');
  return text ? JSON.parse(text) : null;
}
