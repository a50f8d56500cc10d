import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import type { Run, RunState } from '../api/types';
import type { ChangeFeed, IBatch } from './changeFeed';

/** The ends that concern whoever has this page open, even when it did not start the run. */
const BAD_ENDS: readonly RunState[] = ['failed', 'timed_out', 'lost'];

/**
 * Runs whose end is worth telling: every bad end, and the success of what this page submitted.
 *
 * A schedule that succeeds every five minutes is no news.
 */
export class RunWatch {
  constructor(
    private readonly _client: Client,
    feed: ChangeFeed,
    private readonly _concerns: (root: string | null | undefined) => boolean
  ) {
    this._client.submitted.connect((_, run) => this._submitted.add(run.id));
    feed.batched.connect(this._onBatch, this);
  }

  get ended(): ISignal<this, Run> {
    return this._ended;
  }

  private _onBatch(_: ChangeFeed, { changes }: IBatch): void {
    for (const { kind, id, state, root } of changes) {
      if (kind === 'run' && this._concerns(root) && this._isNews(id, state)) {
        this._told.add(id);
        void this._client
          .run(id)
          .then(run => this._ended.emit(run))
          .catch(() => this._told.delete(id));
      }
    }
  }

  private _isNews(id: string, state: string | null | undefined): boolean {
    const isEnd =
      BAD_ENDS.includes(state as RunState) ||
      (state === 'succeeded' && this._submitted.has(id));
    return isEnd && !this._told.has(id);
  }

  private _ended = new Signal<this, Run>(this);
  private _submitted = new Set<string>();
  private _told = new Set<string>();
}
