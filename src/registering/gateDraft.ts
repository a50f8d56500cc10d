import type { JSONValue } from '@lumino/coreutils';
import type { GateKind, GateSpec } from '../api/types';
import {
  asText,
  type IGateOption,
  type OptionProblem,
  optionsOf,
  readOption
} from './gateOptions';

/** One gate as it is typed, at first as it was given. */
export class GateDraft {
  constructor(
    readonly kind: GateKind,
    private readonly _given: GateSpec = { kind: kind.kind }
  ) {
    this.before = _given.before ?? kind.before;
    this.options = optionsOf(kind);
    for (const { name } of this.options) {
      if (this._given[name] !== undefined) {
        this._texts.set(name, asText(this._given[name] as JSONValue));
      }
    }
  }

  /** Tells gates of one kind apart. */
  readonly id = ++count;
  readonly options: readonly IGateOption[];
  before: GateKind['before'];

  textOf({ name, initial }: IGateOption): string {
    return this._texts.get(name) ?? initial;
  }

  setText({ name }: IGateOption, text: string): void {
    this._texts.set(name, text);
  }

  /** Why an option cannot be; known without asking the server. */
  problemOf(option: IGateOption): OptionProblem | null {
    const entry = readOption(option, this.textOf(option));
    return entry.kind === 'invalid' ? entry.problem : null;
  }

  get isValid(): boolean {
    return this.options.every(option => this.problemOf(option) === null);
  }

  /** As it is to be: what has no input here, and what was not typed over, is just as it was given. */
  get spec(): GateSpec {
    const spec: GateSpec = { ...this._given, before: this.before };
    for (const option of this.options) {
      if (this._isLeft(option)) {
        continue;
      }
      delete spec[option.name];
      const entry = readOption(option, this.textOf(option));
      if (entry.kind === 'value') {
        spec[option.name] = entry.value;
      }
    }
    return spec;
  }

  private _isLeft(option: IGateOption): boolean {
    const given = this._given[option.name] as JSONValue | undefined;
    return given !== undefined && this.textOf(option) === asText(given);
  }

  private _texts = new Map<string, string>();
}

let count = 0;
