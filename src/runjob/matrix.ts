import { JSONExt, type JSONValue } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Parameter } from '../api/types';
import {
  choicesOf,
  inputKind,
  type InvalidReason,
  readEntry
} from './parameters';

/** As many runs are made of one form at most, as the server has it. */
export const MAX_COMBINATIONS = 100;

type Invalid = { kind: 'invalid'; reason: InvalidReason | 'not-a-choice' };

export type ValueList = { kind: 'values'; values: JSONValue[] } | Invalid;

/** The values of a parameter in several runs, typed one after the other with commas between; null when there are none. */
export function readValues(
  parameter: Parameter,
  text: string
): ValueList | null {
  if (text.trim() === '') {
    return null;
  }
  const texts = split(parameter, text);
  if (texts === null) {
    return { kind: 'invalid', reason: 'not-json' };
  }
  const values: JSONValue[] = [];
  for (const each of texts) {
    const read = readOne(parameter, each);
    if (read.kind === 'invalid') {
      return read;
    }
    if (!values.some(value => JSONExt.deepEqual(value, read.value))) {
      values.push(read.value);
    }
  }
  return { kind: 'values', values };
}

/** What stands between the commas; lists and objects have commas of their own. */
function split(parameter: Parameter, text: string): string[] | null {
  if (inputKind(parameter) !== 'json') {
    return text.split(',').map(part => part.trim());
  }
  try {
    return JSON.parse(`[${text}]`).map((value: JSONValue) =>
      JSON.stringify(value)
    );
  } catch {
    return null;
  }
}

function readOne(
  parameter: Parameter,
  text: string
): { kind: 'value'; value: JSONValue } | Invalid {
  const kind = inputKind(parameter);
  if (kind === 'choice' || kind === 'checkbox') {
    const choice = choicesOf(parameter).find(
      value => String(value).toLowerCase() === text.toLowerCase()
    );
    return choice === undefined
      ? { kind: 'invalid', reason: 'not-a-choice' }
      : { kind: 'value', value: choice };
  }
  // Beside a default that no text is, every text is a value of its own.
  const entry = readEntry({ ...parameter, default: undefined }, text);
  if (entry.kind === 'unchanged') {
    return kind === 'text' || kind === 'lines'
      ? { kind: 'value', value: text }
      : {
          kind: 'invalid',
          reason: kind === 'integer' ? 'not-an-integer' : 'not-a-number'
        };
  }
  return entry;
}

/** The values of several runs as they are typed. */
export class MatrixDraft {
  constructor(private readonly _parameters: readonly Parameter[]) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  textOf(parameter: Parameter): string {
    return this._texts.get(parameter.name) ?? '';
  }

  setText(parameter: Parameter, text: string): void {
    this._texts.set(parameter.name, text);
    this._changed.emit();
  }

  invalidReason(parameter: Parameter): InvalidReason | 'not-a-choice' | null {
    const list = readValues(parameter, this.textOf(parameter));
    return list?.kind === 'invalid' ? list.reason : null;
  }

  /** The values of each parameter that has any. */
  get values(): Record<string, JSONValue[]> {
    const values: Record<string, JSONValue[]> = {};
    for (const parameter of this._parameters) {
      const list = readValues(parameter, this.textOf(parameter));
      if (list?.kind === 'values') {
        values[parameter.name] = list.values;
      }
    }
    return values;
  }

  /** How many runs it makes; 0 when nothing is typed. */
  get count(): number {
    const lists = Object.values(this.values);
    return lists.length === 0
      ? 0
      : lists.reduce((count, { length }) => count * length, 1);
  }

  get isValid(): boolean {
    return (
      this.count <= MAX_COMBINATIONS &&
      this._parameters.every(each => this.invalidReason(each) === null)
    );
  }

  private _changed = new Signal<this, void>(this);
  private _texts = new Map<string, string>();
}
