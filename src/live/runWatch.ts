import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import type { Run } from '../api/types';
import type { ChangeFeed, IBatch } from './changeFeed';

/**
 * The success of runs that this page has submitted: who pressed the button wants to know.
 *
 * A schedule that succeeds every five minutes is no news, and what goes wrong is told by notifications.
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

  get succeeded(): ISignal<this, Run> {
    return this._succeeded;
  }

  private _onBatch(_: ChangeFeed, { changes }: IBatch): void {
    for (const { kind, id, state, root } of changes) {
      const isOurs = kind === 'run' && this._concerns(root);
      if (isOurs && state === 'succeeded' && this._submitted.delete(id)) {
        void this._client
          .run(id)
          .then(run => this._succeeded.emit(run))
          .catch(() => this._submitted.add(id));
      }
    }
  }

  private _succeeded = new Signal<this, Run>(this);
  private _submitted = new Set<string>();
}
