import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import type { CellState, OpenCell, SessionState } from '../api/types';

/** Milliseconds between two questions about one notebook. */
const INTERVAL = 500;

/** Milliseconds without a keystroke after which an edited notebook is judged again. */
const PAUSE = 800;

/** A notebook as it is in the editor. */
export interface IOpenNotebook {
  /** From the server root. */
  readonly path: string;
  /** Whether what the user runs in it is recorded. */
  readonly isRecorded: boolean;
  readonly isVisible: boolean;
  /** Its code cells from the top. */
  readonly cells: OpenCell[];
}

/**
 * Whether what one notebook shows is still true.
 *
 * It is asked for only while the notebook is recorded and can be seen.
 */
export class NotebookState implements IDisposable {
  constructor(
    private readonly _client: Client,
    private readonly _notebook: IOpenNotebook
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The last judgement, or null when nothing of this notebook is recorded. */
  get session(): SessionState | null {
    return this._session;
  }

  /** The stale cells, from the top. */
  get stale(): CellState[] {
    return this._session?.cells.filter(cell => cell.stale) ?? [];
  }

  /** The text of a cell as it was when it was judged. */
  sourceOf(id: string): string {
    return this._asked.find(cell => cell.id === id)?.source ?? '';
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  /** Judge anew as soon as may be: something ran, or the notebook can be seen again. */
  refresh(): void {
    this._mustAsk = true;
    const due = Math.max(Date.now(), this._askedAt + INTERVAL);
    if (this._timer === undefined || due < this._due) {
      this._askAt(due);
    }
  }

  /** Judge anew once no key was pressed for a while. */
  edited(): void {
    if (!this._mustAsk) {
      this._askAt(Math.max(Date.now() + PAUSE, this._askedAt + INTERVAL));
    }
  }

  private _askAt(due: number): void {
    if (this._isDisposed) {
      return;
    }
    clearTimeout(this._timer);
    this._due = due;
    this._timer = setTimeout(() => void this._onDue(), due - Date.now());
  }

  private async _onDue(): Promise<void> {
    this._timer = undefined;
    if (!this._notebook.isRecorded) {
      this._mustAsk = false;
      this._take(null);
    } else if (!this._notebook.isVisible) {
      this._mustAsk = false; // who shows it again, refreshes it
    } else if (this._isAsking) {
      this._askAt(Date.now() + INTERVAL);
    } else {
      await this._ask();
    }
  }

  private async _ask(): Promise<void> {
    const { path, cells } = this._notebook;
    if (!this._mustAsk && areSame(cells, this._asked)) {
      return;
    }
    this._mustAsk = false;
    this._asked = cells;
    this._askedAt = Date.now();
    this._isAsking = true;
    try {
      const session = await this._client.judge(path, cells);
      if (path === this._notebook.path && this._notebook.isRecorded) {
        this._take(session.session_id === null ? null : session);
      }
    } catch {
      // What was known stays; the panel's head tells of a server that is away.
      this._asked = [];
    } finally {
      this._isAsking = false;
    }
  }

  private _take(session: SessionState | null): void {
    if (this._isDisposed || session === this._session) {
      return;
    }
    this._session = session;
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _session: SessionState | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer ends. */
  private _due = 0;
  private _askedAt = 0;
  private _asked: OpenCell[] = [];
  private _isAsking = false;
  /** Whether to ask even though no cell was edited. */
  private _mustAsk = false;
  private _isDisposed = false;
}

function areSame(cells: OpenCell[], others: OpenCell[]): boolean {
  return (
    cells.length === others.length &&
    cells.every(
      ({ id, source }, index) =>
        id === others[index].id && source === others[index].source
    )
  );
}
