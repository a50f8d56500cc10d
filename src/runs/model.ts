import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { PagedList, searched } from '../api/pagedList';
import type { Attempt, Run } from '../api/types';
import { LiveRun } from '../live/liveRun';
import { type BulkAction, type IBulkResult, RunSelection } from './selection';

/** Whose runs are shown: those of the open notebook, or all of this server. */
export type RunScope = 'notebook' | 'all';

/** The job runs, newest first, and which of them are unfolded. */
export class RunsModel {
  constructor(private readonly _client: Client) {
    this.list = new PagedList<Run>(page => {
      const notebook = this.isNarrowed ? this._notebook! : undefined;
      return this._client.runs({
        notebook,
        ...searched(this._search),
        ...page
      });
    });
    this.list.changed.connect(() => this._changed.emit());
    this.selection = new RunSelection(_client);
    this.selection.changed.connect(() => this._changed.emit());
  }

  readonly list: PagedList<Run>;
  readonly selection: RunSelection;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get scope(): RunScope {
    return this._scope;
  }

  get notebook(): string | null {
    return this._notebook;
  }

  /** Whether only the open notebook's runs are shown; without one, all are. */
  get isNarrowed(): boolean {
    return this._scope === 'notebook' && this._notebook !== null;
  }

  async setScope(scope: RunScope): Promise<void> {
    if (this._ask(() => (this._scope = scope))) {
      await this.list.refresh();
    }
  }

  /** What is searched for; empty when all runs are shown. */
  get search(): string {
    return this._search;
  }

  async setSearch(text: string): Promise<void> {
    this._search = text;
    this._changed.emit();
    await this.list.refresh();
  }

  /** Take the open notebook; returns whether the list must be fetched anew. */
  setNotebook(notebook: string | null): boolean {
    return this._ask(() => (this._notebook = notebook));
  }

  isUnfolded(id: string): boolean {
    return this._unfolded.has(id);
  }

  toggle(id: string): void {
    if (!this._unfolded.delete(id)) {
      this._unfolded.add(id);
    }
    this._changed.emit();
  }

  /** The run that was last asked to be seen, until a view has shown it. */
  get revealed(): string | null {
    return this._revealed;
  }

  /** Unfold a run and bring it into view: all are shown when it is another notebook's, or was not searched for. */
  async reveal(run: Run): Promise<void> {
    this._search = '';
    if (this.isNarrowed && run.notebook !== this._notebook) {
      this._ask(() => (this._scope = 'all'));
    }
    this._unfolded.add(run.id);
    this._revealed = run.id;
    await this.list.refresh();
  }

  clearRevealed(): void {
    this._revealed = null;
  }

  refresh(): Promise<void> {
    return this.list.refresh();
  }

  async cancel(run: Run): Promise<void> {
    await this._client.cancelRun(run.id);
    await this.refresh();
  }

  /** Follow a run as it goes on, until what is returned is disposed of. */
  watch(run: Run): LiveRun {
    return new LiveRun(this._client, run);
  }

  async attempts(run: Run): Promise<Attempt[]> {
    return (await this._client.attempts(run.id)).items;
  }

  /** Submit a run of the notebook as it is now, with the same parameters and policies. */
  async runAgain(run: Run): Promise<Run> {
    const again = await this._client.submitRun({
      notebook: run.notebook,
      name: run.job_name,
      parameters: run.parameters,
      kernel: run.kernel,
      register_model: run.register_model,
      ...(run.registration && { registration: run.registration }),
      ...(run.environment && { environment: run.environment }),
      ...(run.policies && { policies: run.policies })
    });
    await this.refresh();
    return again;
  }

  /** Run the snapshot of the notebook that ran, again. */
  async repeat(run: Run): Promise<Run> {
    const again = await this._client.rerun(run.id);
    await this.refresh();
    return again;
  }

  /** Go on from the failed cell, in the kernel that was kept, with the notebook as it is now. */
  async resume(run: Run): Promise<Run> {
    const resumed = await this._client.resume(run.id);
    await this.refresh();
    return resumed;
  }

  /** Make a failed run's kept kernel one to connect to; returns its id. */
  async openKernel(run: Run): Promise<string> {
    return (await this._client.openKernel(run.id)).kernel_id;
  }

  /** Do something with many runs at once. */
  async applyToMarked(
    action: BulkAction,
    runs: readonly Run[]
  ): Promise<IBulkResult> {
    try {
      return await this.selection.apply(action, runs);
    } finally {
      await this.refresh();
    }
  }

  /** Change the question; returns whether it became another one. */
  private _ask(change: () => void): boolean {
    const before = this.isNarrowed ? this._notebook : null;
    change();
    const after = this.isNarrowed ? this._notebook : null;
    if (before === after) {
      this._changed.emit();
      return false;
    }
    this.list.reset();
    return true;
  }

  private _changed = new Signal<this, void>(this);
  private _search = '';
  private _scope: RunScope = 'notebook';
  private _notebook: string | null = null;
  private _unfolded = new Set<string>();
  private _revealed: string | null = null;
}

/** Whether the run may still change. */
export function isUnderWay(run: Run): boolean {
  return run.state === 'queued' || run.state === 'running';
}

/** The executor that the run asks for, or null when any worker of this machine executes it. */
export function executorOf(run: Run): string | null {
  const executor = run.policies?.executor ?? LOCAL;
  return executor === LOCAL ? null : executor;
}

/** Whether the run's kernel is kept, so that it can go on from the cell that failed. */
export function isResumable(run: Run, now = Date.now()): boolean {
  const until = run.resumable_until ?? null;
  return until !== null && Date.parse(until) > now;
}

/** The executor that needs nothing to be set up. */
const LOCAL = 'local';

/** The reason of a run whose model a gate has refused. */
const REFUSED = 'refused_by_gate';

/** Whether the run may have logged a model that can be registered: MLflow knows the run, and it came to its end. */
export function hasModel(run: Run): boolean {
  const isWhole = run.state === 'succeeded' || run.reason === REFUSED;
  return isWhole && run.mlflow_run_id !== null;
}
