import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { ask, type Reply } from '../kernel/ask';
import { answerIn, call, SIDEBAR, STATE } from './kernelAnswer';
import type {
  IActiveRun,
  IKeptSnapshot,
  IKernelState,
  ILoggedValue,
  INotebookRun,
  IRunComparison,
  Outcome
} from './types';

const US = "__import__('jupyter_mlops')";
const NOTHING: IKernelState = { run: null, autolog: [] };

/** What the kernel is asked to do just now; `impossible` without a Python kernel. */
export type TrackingState =
  | 'impossible'
  | 'ready'
  | 'starting'
  | 'stopping'
  | 'switching'
  | 'keeping'
  | 'logging'
  | 'reading';

type Errand = Exclude<TrackingState, 'impossible' | 'ready'>;

type TrackedSession = Pick<
  ISessionContext,
  'session' | 'kernelChanged' | 'statusChanged'
>;

/** Starts and stops MLflow runs in a notebook's kernel, logs to them, and knows which one is active. */
export class Tracking implements IDisposable {
  /** `save` writes the notebook to disk if it has changed; it throws if that cannot be. */
  constructor(
    private readonly _session: TrackedSession,
    private readonly _save: () => Promise<void> = async () => undefined
  ) {
    this._session.kernelChanged.connect(this._onNewKernel, this);
    this._session.statusChanged.connect(this._onStatus, this);
    void this.probe();
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get state(): TrackingState {
    return this._state;
  }

  /** Whether what is asked of the kernel waits for the end of what it runs. */
  get isWaiting(): boolean {
    return this._isBusy && this._isWaiting;
  }

  get activeRun(): IActiveRun | null {
    return this._known.run;
  }

  /** The libraries that MLflow logs by itself; `mlflow` stands for all that it knows. */
  get autologged(): readonly string[] {
    return this._known.autolog;
  }

  /** What was done last by hand. */
  get outcome(): Outcome | null {
    return this._outcome;
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
  async start(name: string): Promise<void> {
    const argument = name.trim() ? JSON.stringify(name.trim()) : 'None';
    await this._do('starting', { code: `${US}.start(${argument})` });
  }

  /** End the active run. Throws with the kernel's words if it cannot. */
  async stop(): Promise<void> {
    await this._do('stopping', { code: `${US}.stop()` });
  }

  /** Have MLflow log by itself what is fitted, or not. Throws with the kernel's words if it cannot. */
  async setAutolog(isOn: boolean): Promise<void> {
    const answer = `${SIDEBAR}.autolog(${isOn ? 'True' : 'False'})`;
    await this._do('switching', { answer });
  }

  /** Save the notebook and keep a copy of it, which `outcome` then tells. Throws if it cannot. */
  async keep(): Promise<void> {
    await this._save();
    const kept = await this._do<IKeptSnapshot>('keeping', {
      answer: call('snapshot')
    });
    if (kept) {
      this._tell({ kind: 'kept', kept });
    }
  }

  /** Log a value to the active run, which `outcome` then tells. Throws with the kernel's problem. */
  async log(logged: ILoggedValue): Promise<void> {
    const { kind, name, value } = logged;
    const run = await this._do<string>('logging', {
      answer: call('log', kind, name, value)
    });
    if (run !== null) {
      this._tell({ kind: 'logged', logged, run });
    }
  }

  /** The MLflow runs of the notebook, newest first. Throws with the kernel's problem. */
  async runs(): Promise<readonly INotebookRun[]> {
    const answer = call('runs');
    return (await this._do<INotebookRun[]>('reading', { answer })) ?? [];
  }

  /** What differs between two MLflow runs. Throws with the kernel's problem. */
  compare(a: string, b: string): Promise<IRunComparison | null> {
    return this._do<IRunComparison>('reading', { answer: call('diff', a, b) });
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
        this._set('impossible', NOTHING);
        continue;
      }
      const reply = await ask(kernel, '', { state: STATE });
      if (!this._isBusy && kernel === this._session.session?.kernel) {
        this._set('ready', stateIn(reply));
      }
    }
  }

  /** Ask one thing of the kernel: to run `code`, or for what the expression `answer` gives. */
  private async _do<T>(
    errand: Errand,
    { code = '', answer }: { code?: string; answer?: string }
  ): Promise<T | null> {
    const kernel = await this._pythonKernel();
    if (!kernel) {
      throw new Error('The notebook has no running Python kernel.');
    }
    if (this._isBusy) {
      throw new Error('The kernel is still at what was asked of it before.');
    }
    this._outcome = null;
    this._isWaiting = kernel.status === 'busy';
    this._set(errand, this._known);
    const reply = await ask(kernel, code, {
      ...(answer && { answer }),
      state: STATE
    });
    if (kernel !== this._session.session?.kernel) {
      throw new Error('The kernel went away.');
    }
    this._set('ready', this._known);
    try {
      const given = answerIn<T>(reply, 'answer');
      this._set('ready', stateIn(reply));
      return given;
    } catch (error) {
      void this.probe();
      throw error;
    }
  }

  private async _pythonKernel(): Promise<Kernel.IKernelConnection | null> {
    const kernel = this._session.session?.kernel;
    const language = (await kernel?.spec)?.language ?? '';
    return kernel && language.toLowerCase() === 'python' ? kernel : null;
  }

  private get _isBusy(): boolean {
    return this._state !== 'impossible' && this._state !== 'ready';
  }

  private _onNewKernel(): void {
    this._outcome = null;
    this._set('impossible', NOTHING);
    void this.probe();
  }

  private _onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      // The connection forgets what is asked of it while it says so: ask just after.
      void Promise.resolve().then(() => this._onNewKernel());
    } else if (status === 'dead' || status === 'terminating') {
      this._set('impossible', NOTHING);
    } else if (status === 'idle' && this.isWaiting) {
      this._isWaiting = false;
      this._changed.emit();
    }
  }

  private _set(state: TrackingState, known: IKernelState): void {
    const differs =
      state !== this._state ||
      known.run?.run_id !== this._known.run?.run_id ||
      known.autolog.join() !== this._known.autolog.join();
    this._state = state;
    this._known = known;
    if (differs && !this._isDisposed) {
      this._changed.emit();
    }
  }

  private _tell(outcome: Outcome): void {
    this._outcome = outcome;
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _state: TrackingState = 'impossible';
  private _known: IKernelState = NOTHING;
  private _outcome: Outcome | null = null;
  private _isWaiting = false;
  private _isOutdated = false;
  private _probing: Promise<void> | null = null;
  private _isDisposed = false;
}

/** What is so by a reply; nothing, where the kernel cannot tell. */
function stateIn(reply: Reply | null): IKernelState {
  try {
    return answerIn<IKernelState>(reply, 'state') ?? NOTHING;
  } catch {
    return NOTHING;
  }
}
