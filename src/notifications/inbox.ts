import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type { Notice, Problem } from '../api/types';
import type { ChangeFeed, IBatch } from '../live/changeFeed';

/** What the server has told in JupyterLab is kept by it; so many are shown. */
const SHOWN = 30;

const CHANNEL = 'jupyterlab';

/** What was told about runs in JupyterLab, and what of it nobody has seen. */
export class Inbox {
  constructor(
    private readonly _client: Client,
    feed: ChangeFeed,
    private readonly _concerns: (root: string | null | undefined) => boolean
  ) {
    feed.batched.connect(this._onBatch, this);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted with each notification that comes while this page is open. */
  get arrived(): ISignal<this, Notice> {
    return this._arrived;
  }

  /** Newest first. */
  get items(): readonly Notice[] {
    return this._items;
  }

  get unseen(): number {
    return this._unseen;
  }

  get problem(): Problem | null {
    return this._problem;
  }

  /** Whether it had not been seen when the list was last opened, or came since. */
  isNew(notice: Notice): boolean {
    return notice.state === 'unseen' || this._new.has(notice.id);
  }

  /** Fetch anew; a call during a fetch makes one more fetch after it. */
  refresh(): Promise<void> {
    this._isStale = true;
    this._pending ??= this._fetchWhileStale().finally(() => {
      this._pending = null;
    });
    return this._pending;
  }

  /** The list was opened: what is in it is seen. */
  async open(): Promise<void> {
    await this.refresh();
    const ids = this._items
      .filter(({ state }) => state === 'unseen')
      .map(({ id }) => id);
    this._new = new Set(ids);
    if (ids.length > 0) {
      const { unseen } = await this._client.markSeen(ids);
      this._unseen = unseen;
    }
    this._changed.emit();
  }

  private async _fetchWhileStale(): Promise<void> {
    while (this._isStale) {
      this._isStale = false;
      try {
        const page = await this._client.notifications({
          channel: CHANNEL,
          limit: SHOWN
        });
        this._take(page.items);
        this._unseen = page.unseen;
        this._problem = null;
      } catch (error) {
        this._problem = asProblem(error);
      }
      this._changed.emit();
    }
  }

  /** What was there at the first look is no news. */
  private _take(items: readonly Notice[]): void {
    const known = this._known;
    this._known = new Set(items.map(({ id }) => id));
    this._items = items;
    if (known !== null) {
      for (const notice of items) {
        if (!known.has(notice.id) && notice.state === 'unseen') {
          this._arrived.emit(notice);
        }
      }
    }
  }

  private _onBatch(_: ChangeFeed, { changes, missed }: IBatch): void {
    const isOurs = changes.some(
      ({ kind, root }) => kind === 'notification' && this._concerns(root)
    );
    if (isOurs || missed) {
      void this.refresh();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _arrived = new Signal<this, Notice>(this);
  private _items: readonly Notice[] = [];
  private _unseen = 0;
  private _problem: Problem | null = null;
  private _new = new Set<string>();
  private _known: Set<string> | null = null;
  private _isStale = false;
  private _pending: Promise<void> | null = null;
}
