import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import type { Problem, Run, RunsAction } from '../api/types';

export type BulkAction = RunsAction['action'];

/** What came of something that was asked of many runs. */
export interface IBulkResult {
  done: number;
  problems: Problem[];
}

/** The runs that are marked so that something can be done with all of them at once. */
export class RunSelection {
  constructor(private readonly _client: Client) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether runs are being marked. */
  get isOn(): boolean {
    return this._isOn;
  }

  set isOn(isOn: boolean) {
    this._isOn = isOn;
    this._ids.clear();
    this._changed.emit();
  }

  has(run: Run): boolean {
    return this._ids.has(run.id);
  }

  set(runs: readonly Run[], isMarked: boolean): void {
    for (const { id } of runs) {
      if (isMarked) {
        this._ids.add(id);
      } else {
        this._ids.delete(id);
      }
    }
    this._changed.emit();
  }

  /** Those of the runs shown that are marked. */
  of(runs: readonly Run[]): Run[] {
    return runs.filter(run => this.has(run));
  }

  /** Ask it for the marked ones, as many at a time as the server takes; those that went are marked no more. */
  async apply(action: BulkAction, runs: readonly Run[]): Promise<IBulkResult> {
    const problems: Problem[] = [];
    for (let from = 0; from < runs.length; from += AT_ONCE) {
      const ids = runs.slice(from, from + AT_ONCE).map(({ id }) => id);
      const { items } = await this._client.applyToRuns({ action, ids });
      for (const { id, problem } of items) {
        if (problem) {
          problems.push(problem);
        } else {
          this._ids.delete(id);
        }
      }
    }
    this._changed.emit();
    return { done: runs.length - problems.length, problems };
  }

  private _changed = new Signal<this, void>(this);
  private _isOn = false;
  private _ids = new Set<string>();
}

const AT_ONCE = 200;
