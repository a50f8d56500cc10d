import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type { Problem, SchedulerImport, TakenOver } from '../api/types';

/** The definitions of jupyter-scheduler, taken over: never before what would become of each was shown. */
export class Takeover {
  constructor(private readonly _client: Client) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Where its database is; empty where jupyter-scheduler keeps it. */
  get database(): string {
    return this._database;
  }

  /** Another database has other definitions. */
  setDatabase(path: string): void {
    this._database = path;
    this._found = null;
    this._places.clear();
    this._change();
  }

  /** Whether schedules that are active there fire here, too. */
  get activate(): boolean {
    return this._activate;
  }

  setActivate(activate: boolean): void {
    this._activate = activate;
    this._change();
  }

  /** Where a notebook is that was not found by its name. */
  placeOf(notebook: string): string {
    return this._places.get(notebook) ?? '';
  }

  setPlace(notebook: string, path: string): void {
    this._places.set(notebook, path);
    this._change();
  }

  /** What would become of each definition, or has. */
  get found(): readonly TakenOver[] | null {
    return this._found;
  }

  /** Whether what was found was taken over, and not only looked at. */
  get isDone(): boolean {
    return this._isDone;
  }

  /** How many can be taken over, as what was asked for is now. */
  get ready(): number {
    return this._order === null || this._isDone
      ? 0
      : this._found!.filter(({ problem }) => problem === null).length;
  }

  /** Nobody named a database, and where it would be there is none. */
  get isMissing(): boolean {
    return this._problem?.field === 'database' && this._database.trim() === '';
  }

  get databaseProblem(): Problem | null {
    const isNamed = this._problem?.field === 'database' && !this.isMissing;
    return isNamed ? this._problem : null;
  }

  get generalProblem(): Problem | null {
    return this._problem?.field === 'database' ? null : this._problem;
  }

  get isBusy(): boolean {
    return this._isBusy;
  }

  /** Ask what would become of each; no job is made. */
  look(): Promise<void> {
    return this._ask(this._asked, true);
  }

  /** Make the jobs that were shown. */
  async takeOver(): Promise<void> {
    if (this._order !== null && !this._isBusy) {
      await this._ask(this._order, false);
    }
  }

  private get _asked(): SchedulerImport {
    const database = this._database.trim();
    const placed = [...this._places].filter(([, path]) => path.trim());
    return {
      activate: this._activate,
      ...(database && { database }),
      ...(placed.length > 0 && {
        notebooks: Object.fromEntries(
          placed.map(([name, path]) => [name, path.trim()])
        )
      })
    };
  }

  private async _ask(order: SchedulerImport, dry_run: boolean): Promise<void> {
    this._change();
    this._isBusy = true;
    const asked = ++this._question;
    try {
      const told = await this._client.importScheduler({ ...order, dry_run });
      if (asked === this._question) {
        this._found = told.definitions;
        this._isDone = !dry_run;
        this._order = order;
      }
    } catch (error) {
      if (asked === this._question) {
        this._found = null;
        this._problem = asProblem(error);
      }
    }
    if (asked === this._question) {
      this._isBusy = false;
      this._changed.emit();
    }
  }

  /** What was shown answers no longer what is asked for now. */
  private _change(): void {
    this._question++;
    this._order = null;
    this._isDone = false;
    this._problem = null;
    this._isBusy = false;
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _database = '';
  private _activate = false;
  private _places = new Map<string, string>();
  private _found: readonly TakenOver[] | null = null;
  private _order: SchedulerImport | null = null;
  private _isDone = false;
  private _problem: Problem | null = null;
  private _isBusy = false;
  private _question = 0;
}
