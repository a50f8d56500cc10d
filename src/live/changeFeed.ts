import type { Event } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

export const CHANGE_SCHEMA =
  'https://schema.jupyter.org/jupyter_mlops/change/v1';

export type ChangeKind =
  'run' | 'job' | 'model' | 'execution' | 'worker' | 'notification';

/** What the server says has changed: ids and states only. */
export interface IChange {
  seq: number;
  kind: ChangeKind;
  id: string;
  state?: string | null;
  root?: string | null;
  notebook?: string | null;
}

/** The changes of one moment. */
export interface IBatch {
  changes: readonly IChange[];
  /** Whether changes before these were not seen, so that everything is to be fetched anew. */
  missed: boolean;
}

/**
 * The server's change events, gathered so that a burst makes one batch.
 *
 * The numbering of events shows what a broken connection has swallowed.
 */
export class ChangeFeed implements IDisposable {
  /**
   * @param stream - the server's events, of every schema.
   * @param delay - milliseconds from the first change of a batch to the batch.
   */
  constructor(
    private readonly _stream: ISignal<unknown, Event.Emission>,
    private readonly _delay = 150
  ) {
    this._stream.connect(this._onEmission, this);
  }

  get batched(): ISignal<this, IBatch> {
    return this._batched;
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
    this._stream.disconnect(this._onEmission, this);
    Signal.clearData(this);
  }

  private _onEmission(_: unknown, emission: Event.Emission): void {
    if (emission.schema_id !== CHANGE_SCHEMA) {
      return;
    }
    const change = emission as unknown as IChange;
    if (this._lastSeq !== null && change.seq !== this._lastSeq + 1) {
      this._missed = true;
    }
    this._lastSeq = change.seq;
    this._changes.push(change);
    this._timer ??= setTimeout(() => this._flush(), this._delay);
  }

  private _flush(): void {
    const batch = { changes: this._changes, missed: this._missed };
    this._changes = [];
    this._missed = false;
    this._timer = undefined;
    this._batched.emit(batch);
  }

  private _batched = new Signal<this, IBatch>(this);
  private _changes: IChange[] = [];
  private _missed = false;
  private _lastSeq: number | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
}
