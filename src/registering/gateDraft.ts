import type { GateKind, GateSpec } from '../api/types';
import {
  type IGateOption,
  type OptionProblem,
  optionsOf,
  readOption
} from './gateOptions';

/** One gate as it is typed. */
export class GateDraft {
  constructor(readonly kind: GateKind) {
    this.before = kind.before;
    this.options = optionsOf(kind);
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

  get spec(): GateSpec {
    const spec: GateSpec = { kind: this.kind.kind, before: this.before };
    for (const option of this.options) {
      const entry = readOption(option, this.textOf(option));
      if (entry.kind === 'value') {
        spec[option.name] = entry.value;
      }
    }
    return spec;
  }

  private _texts = new Map<string, string>();
}

let count = 0;
