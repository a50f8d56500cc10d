import { type ISignal, Signal } from '@lumino/signaling';
import { asProblem } from '../api/problem';
import type { Problem } from '../api/types';

export interface IMove {
  alias: string;
  /** Null takes the alias away. */
  version: string | null;
  reason: string;
}

/** A move of an alias that is about to be asked for: what was typed, and what is wrong with it. */
export class MoveDraft {
  constructor(
    private _alias: string,
    private _version: string | null,
    private readonly _send: (move: IMove) => Promise<void>
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get alias(): string {
    return this._alias;
  }

  set alias(alias: string) {
    this._alias = alias;
    this._onTyped();
  }

  get version(): string | null {
    return this._version;
  }

  set version(version: string | null) {
    this._version = version;
    this._onTyped();
  }

  get reason(): string {
    return this._reason;
  }

  set reason(reason: string) {
    this._reason = reason;
    this._onTyped();
  }

  /** Whether it was sent without a reason, which the history would lack. */
  get isReasonMissing(): boolean {
    return this._isTried && this._reason.trim() === '';
  }

  problemOf(field: keyof IMove): Problem | null {
    return this._refused?.field === field ? this._refused : null;
  }

  get generalProblem(): Problem | null {
    const field = this._refused?.field ?? '';
    return ['alias', 'version', 'reason'].includes(field)
      ? null
      : this._refused;
  }

  /** Send it; returns whether it was done. */
  async submit(): Promise<boolean> {
    this._isTried = true;
    this._refused = null;
    try {
      if (!this.isReasonMissing) {
        await this._send({
          alias: this._alias.trim(),
          version: this._version,
          reason: this._reason.trim()
        });
        return true;
      }
    } catch (error) {
      this._refused = asProblem(error);
    }
    this._changed.emit();
    return false;
  }

  private _onTyped(): void {
    this._refused = null;
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _reason = '';
  private _isTried = false;
  private _refused: Problem | null = null;
}
