import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { PagedList } from '../api/pagedList';
import type { Run } from '../api/types';

/** Whose runs are shown: those of the open notebook, or all of this server. */
export type RunScope = 'notebook' | 'all';

/** The job runs, newest first, and which of them are unfolded. */
export class RunsModel {
  constructor(private readonly _client: Client) {
    this.list = new PagedList<Run>(page => {
      const notebook = this.isNarrowed ? this._notebook! : undefined;
      return this._client.runs({ notebook, ...page });
    });
    this.list.changed.connect(() => this._changed.emit());
  }

  readonly list: PagedList<Run>;

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

  /** Unfold a run and bring it into view, widening the scope when it is another notebook's. */
  async reveal(run: Run): Promise<void> {
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

  /** Submit a run of the same notebook with the same parameters. */
  async runAgain(run: Run): Promise<Run> {
    const again = await this._client.submitRun({
      notebook: run.notebook,
      name: run.job_name,
      parameters: run.parameters,
      kernel: run.kernel,
      register_model: run.register_model
    });
    await this.refresh();
    return again;
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
  private _scope: RunScope = 'notebook';
  private _notebook: string | null = null;
  private _unfolded = new Set<string>();
  private _revealed: string | null = null;
}

/** Whether the run may still change. */
export function isUnderWay(run: Run): boolean {
  return run.state === 'queued' || run.state === 'running';
}
