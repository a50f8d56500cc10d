import { type ISignal, Signal } from '@lumino/signaling';
import { asProblem } from '../api/problem';
import type { Problem } from '../api/types';
import type { ILoggedValue, LoggedKind } from './types';

export type LogField = 'name' | 'value';

/** Why a field cannot be as it is; known without asking the kernel. */
export type LogFault =
  'no-name' | 'odd-name' | 'no-value' | 'not-a-number' | 'too-long';

/** What MLflow takes as a name. */
const NAME = /^[/\p{L}\p{N}_.\- :]+$/u;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** MLflow's bounds, in characters; our own `log` would make an artifact of a longer parameter. */
const LONGEST = { param: 6000, tag: 8000, metric: 100 };

/** A value that is about to be logged by hand: what was typed, and what is wrong with it. */
export class LogDraft {
  constructor(
    private readonly _send: (logged: ILoggedValue) => Promise<void>
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get kind(): LoggedKind {
    return this._logged.kind;
  }

  get name(): string {
    return this._logged.name;
  }

  get value(): string {
    return this._logged.value;
  }

  set(typed: Partial<ILoggedValue>): void {
    this._logged = { ...this._logged, ...typed };
    this._refused = null;
    this._changed.emit();
  }

  /** What is wrong with a field, from the first try on. */
  faultOf(field: LogField): LogFault | null {
    return this._isTried ? this._faults[field] : null;
  }

  /** What the kernel refused of a field. */
  problemOf(field: LogField): Problem | null {
    return this._refused?.field === field ? this._refused : null;
  }

  /** A refusal that belongs to no field. */
  get generalProblem(): Problem | null {
    const field = this._refused?.field ?? '';
    return ['name', 'value'].includes(field) ? null : this._refused;
  }

  /** Log it; returns whether it was done. */
  async submit(): Promise<boolean> {
    this._isTried = true;
    this._refused = null;
    try {
      if (!this._faults.name && !this._faults.value) {
        await this._send({
          kind: this.kind,
          name: this.name.trim(),
          value: this.value.trim()
        });
        return true;
      }
    } catch (error) {
      this._refused = asProblem(error);
    }
    this._changed.emit();
    return false;
  }

  private get _faults(): Record<LogField, LogFault | null> {
    const { kind } = this;
    const name = this.name.trim();
    const value = this.value.trim();
    return {
      name: name === '' ? 'no-name' : NAME.test(name) ? null : 'odd-name',
      value:
        value === ''
          ? 'no-value'
          : value.length > LONGEST[kind]
            ? 'too-long'
            : kind === 'metric' && !isNumber(value)
              ? 'not-a-number'
              : null
    };
  }

  private _changed = new Signal<this, void>(this);
  private _logged: ILoggedValue = { kind: 'metric', name: '', value: '' };
  private _isTried = false;
  private _refused: Problem | null = null;
}

function isNumber(text: string): boolean {
  return NUMBER.test(text) && Number.isFinite(Number(text));
}
