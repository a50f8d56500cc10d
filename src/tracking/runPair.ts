import { type ISignal, Signal } from '@lumino/signaling';
import { asProblem } from '../api/problem';
import type { Problem } from '../api/types';
import type { Tracking } from './model';
import type { INotebookRun, IRunComparison } from './types';

/** Two of a notebook's MLflow runs, and what differs between them. */
export class RunPair {
  constructor(private readonly _tracking: Pick<Tracking, 'runs' | 'compare'>) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Newest first; null until MLflow has answered. */
  get runs(): readonly INotebookRun[] | null {
    return this._runs;
  }

  /** The ids of the older and of the newer run, as chosen. */
  get pair(): readonly [string, string] | null {
    return this._pair;
  }

  /** Of the pair; null until the kernel has answered. */
  get comparison(): IRunComparison | null {
    return this._comparison;
  }

  get problem(): Problem | null {
    return this._problem;
  }

  /** List the runs, and compare the newest two. */
  async load(): Promise<void> {
    try {
      this._runs = await this._tracking.runs();
    } catch (error) {
      this._problem = asProblem(error);
    }
    const [newest, before] = this._runs ?? [];
    this._changed.emit();
    if (newest && before) {
      await this.choose([before.run_id, newest.run_id]);
    }
  }

  /** Compare two others; of several choices in a row, the last counts. */
  choose(pair: readonly [string, string]): Promise<void> {
    this._pair = pair;
    this._comparison = null;
    this._problem = null;
    this._changed.emit();
    this._comparing ??= this._compareUntilCurrent().finally(() => {
      this._comparing = null;
    });
    return this._comparing;
  }

  private async _compareUntilCurrent(): Promise<void> {
    let compared: readonly [string, string] | null = null;
    while (this._pair && this._pair !== compared) {
      compared = this._pair;
      try {
        const found = await this._tracking.compare(...compared);
        this._comparison = compared === this._pair ? found : null;
      } catch (error) {
        this._problem = compared === this._pair ? asProblem(error) : null;
      }
    }
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _runs: readonly INotebookRun[] | null = null;
  private _pair: readonly [string, string] | null = null;
  private _comparison: IRunComparison | null = null;
  private _comparing: Promise<void> | null = null;
  private _problem: Problem | null = null;
}
