import { type ISignal, Signal } from '@lumino/signaling';
import { asProblem } from './problem';
import type { IPage, Problem } from './types';

/** Gets one page of at most `limit` items, after `cursor` if there is one. */
export type FetchPage<T> = (page: {
  limit: number;
  cursor?: string;
}) => Promise<IPage<T>>;

/** The part of a list's question that searches it: none for an empty text. */
export function searched(text: string): { search?: string } {
  const search = text.trim();
  return search ? { search } : {};
}

const PAGE_SIZE = 25;
const LARGEST_PAGE = 200;

/**
 * A list that is fetched page by page and refreshed in place.
 *
 * A refresh keeps as many items as were asked for. A failed one keeps the last answer and sets `problem`.
 */
export class PagedList<T> {
  constructor(private readonly _fetchPage: FetchPage<T>) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get items(): readonly T[] {
    return this._items;
  }

  /** Whether an answer has come since the list was made or reset. */
  get isLoaded(): boolean {
    return this._isLoaded;
  }

  get isBusy(): boolean {
    return this._pending !== null;
  }

  get hasMore(): boolean {
    return this._hasMore;
  }

  get problem(): Problem | null {
    return this._problem;
  }

  /** Fetch anew what is shown; a call during a fetch makes one more fetch after it. */
  refresh(): Promise<void> {
    this._isStale = true;
    this._pending ??= this._refreshWhileStale().finally(() => {
      this._pending = null;
      this._changed.emit();
    });
    return this._pending;
  }

  /** Show one page more. */
  loadMore(): Promise<void> {
    this._wanted = this._items.length + PAGE_SIZE;
    return this.refresh();
  }

  /** Forget the answer, because the question has changed. */
  reset(): void {
    this._question += 1;
    this._wanted = PAGE_SIZE;
    this._items = [];
    this._hasMore = false;
    this._isLoaded = false;
    this._problem = null;
    this._changed.emit();
  }

  private async _refreshWhileStale(): Promise<void> {
    while (this._isStale) {
      this._isStale = false;
      const question = this._question;
      try {
        const answer = await this._fetchWanted();
        if (question === this._question) {
          this._items = answer.items;
          this._hasMore = answer.next_cursor !== null;
          this._isLoaded = true;
          this._problem = null;
        }
      } catch (error) {
        if (question === this._question) {
          this._problem = asProblem(error);
        }
      }
    }
  }

  private async _fetchWanted(): Promise<IPage<T>> {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const limit = Math.min(LARGEST_PAGE, this._wanted - items.length);
      const page: IPage<T> = await this._fetchPage(
        cursor === null ? { limit } : { limit, cursor }
      );
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null && items.length < this._wanted);
    return { items, next_cursor: cursor };
  }

  private _changed = new Signal<this, void>(this);
  private _items: T[] = [];
  private _wanted = PAGE_SIZE;
  private _hasMore = false;
  private _isLoaded = false;
  private _isStale = false;
  private _problem: Problem | null = null;
  private _pending: Promise<void> | null = null;
  /** Rises with every reset, so that an answer to the question before is dropped. */
  private _question = 0;
}
