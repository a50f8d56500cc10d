import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { PagedList } from '../api/pagedList';
import type { Execution } from '../api/types';

/** The recorded cell executions of the open notebook. */
export class CellsModel {
  constructor(private readonly _client: Client) {
    this.list = new PagedList<Execution>(page =>
      this._client.executions({ notebook: this._notebook!, ...page })
    );
    this.list.changed.connect(() => this._changed.emit());
  }

  readonly list: PagedList<Execution>;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The open notebook's path from the server root, or null when none is open. */
  get notebook(): string | null {
    return this._notebook;
  }

  /** Take the open notebook; returns whether the list must be fetched anew. */
  setNotebook(notebook: string | null): boolean {
    if (notebook === this._notebook) {
      return false;
    }
    this._notebook = notebook;
    this.list.reset();
    return true;
  }

  async refresh(): Promise<void> {
    if (this._notebook !== null) {
      await this.list.refresh();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _notebook: string | null = null;
}
