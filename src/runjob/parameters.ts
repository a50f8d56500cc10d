import { type JSONValue, JSONExt } from '@lumino/coreutils';
import type { Parameter } from '../api/types';
import { formatJson } from '../format';

/** How a parameter is typed in. */
export type InputKind =
  'checkbox' | 'choice' | 'integer' | 'number' | 'text' | 'lines' | 'json';

/** What was typed: a value to send, nothing to send, or why it cannot be sent. */
export type Entry =
  | { kind: 'unchanged' }
  | { kind: 'value'; value: JSONValue }
  | { kind: 'invalid'; reason: InvalidReason };

export type InvalidReason =
  | 'not-an-integer'
  | 'too-large-to-be-exact'
  | 'not-a-number'
  | 'not-json'
  | 'not-a-list'
  | 'not-a-dict'
  | 'out-of-bounds';

const UNCHANGED: Entry = { kind: 'unchanged' };

export function inputKind(parameter: Parameter): InputKind {
  if (parameter.choices) {
    return 'choice';
  }
  switch (parameter.type) {
    case 'bool':
      return typeof parameter.default === 'boolean' ? 'checkbox' : 'choice';
    case 'int':
      return 'integer';
    case 'float':
      return 'number';
    case 'str':
      return asText(parameter.default).includes('\n') ? 'lines' : 'text';
    default:
      return 'json';
  }
}

/** The values to choose from; an input of kind `choice` holds an index into them, or ''. */
export function choicesOf(parameter: Parameter): JSONValue[] {
  return (parameter.choices as JSONValue[] | null) ?? [true, false];
}

/** What the input shows before anything is typed; '' where the default is an expression. */
export function initialText(parameter: Parameter): string {
  return hasNoLiteral(parameter)
    ? ''
    : textOf(parameter, parameter.default as JSONValue);
}

/** A value as its parameter's input has it. */
export function textOf(parameter: Parameter, value: JSONValue): string {
  if (value === null) {
    return '';
  }
  switch (inputKind(parameter)) {
    case 'choice': {
      const index = choicesOf(parameter).findIndex(choice =>
        JSONExt.deepEqual(choice, value)
      );
      return index < 0 ? '' : String(index);
    }
    case 'checkbox':
      return String(value);
    case 'number':
      return defaultInWords({ ...parameter, default: value, expression: null });
    case 'json':
      return formatJson(value);
    default:
      return asText(value);
  }
}

/** What the default is, for a reader: a literal, an expression's source, or None. */
export function defaultInWords(parameter: Parameter): string {
  if (parameter.expression !== null) {
    return parameter.expression;
  }
  const value = parameter.default;
  if (value === null || value === undefined) {
    return 'None';
  }
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  const text = formatJson(value);
  return parameter.type === 'float' && /^-?\d+$/.test(text)
    ? `${text}.0`
    : text;
}

/**
 * What there is to send of a typed text.
 *
 * Only what differs from the default is sent, and an expression only when it was typed over. Where
 * an empty text cannot be a value it means the default, or None for a parameter that may be None.
 */
export function readEntry(parameter: Parameter, text: string): Entry {
  if (text === initialText(parameter)) {
    return UNCHANGED;
  }
  const entry = checkBounds(parameter, parse(parameter, text));
  const isDefault =
    entry.kind === 'value' &&
    parameter.expression === null &&
    JSONExt.deepEqual(entry.value, (parameter.default ?? null) as JSONValue);
  return isDefault ? UNCHANGED : entry;
}

function parse(parameter: Parameter, text: string): Entry {
  const kind = inputKind(parameter);
  if (kind === 'text' || kind === 'lines') {
    return value(text);
  }
  if (text.trim() === '') {
    return parameter.nullable ? value(null) : UNCHANGED;
  }
  switch (kind) {
    case 'checkbox':
      return value(text === 'true');
    case 'choice':
      return value(choicesOf(parameter)[Number(text)]);
    case 'integer':
      return parseInteger(text.trim());
    case 'number':
      return parseNumber(text.trim());
    case 'json':
      return parseJson(parameter, text);
  }
}

/** Where a number must lie, as a reader writes it, “0 < C ≤ 10”; null where it may be any. */
export function boundsInWords(parameter: Parameter): string | null {
  const { minimum, exclusive_minimum, maximum, exclusive_maximum } = parameter;
  const least = isNumber(exclusive_minimum)
    ? `${exclusive_minimum} < `
    : isNumber(minimum)
      ? `${minimum} ≤ `
      : '';
  const most = isNumber(exclusive_maximum)
    ? ` < ${exclusive_maximum}`
    : isNumber(maximum)
      ? ` ≤ ${maximum}`
      : '';
  return least || most ? `${least}${parameter.name}${most}` : null;
}

function checkBounds(parameter: Parameter, entry: Entry): Entry {
  if (entry.kind !== 'value' || typeof entry.value !== 'number') {
    return entry;
  }
  const { minimum, exclusive_minimum, maximum, exclusive_maximum } = parameter;
  const isWithin =
    entry.value >= (minimum ?? -Infinity) &&
    entry.value > (exclusive_minimum ?? -Infinity) &&
    entry.value <= (maximum ?? Infinity) &&
    entry.value < (exclusive_maximum ?? Infinity);
  return isWithin ? entry : invalid('out-of-bounds');
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function parseInteger(text: string): Entry {
  if (!/^[+-]?\d+$/.test(text)) {
    return invalid('not-an-integer');
  }
  const number = Number(text);
  return Number.isSafeInteger(number)
    ? value(number)
    : invalid('too-large-to-be-exact');
}

function parseNumber(text: string): Entry {
  const number = Number(text);
  return Number.isFinite(number) ? value(number) : invalid('not-a-number');
}

function parseJson(parameter: Parameter, text: string): Entry {
  let parsed: JSONValue;
  try {
    parsed = JSON.parse(text);
  } catch {
    return parameter.type === 'any' ? value(text) : invalid('not-json');
  }
  if (parameter.type === 'list' && !Array.isArray(parsed)) {
    return invalid('not-a-list');
  }
  if (parameter.type === 'dict' && !isDict(parsed)) {
    return invalid('not-a-dict');
  }
  return value(parsed);
}

function isDict(value: JSONValue): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasNoLiteral(parameter: Parameter): boolean {
  return (
    parameter.expression !== null ||
    parameter.default === null ||
    parameter.default === undefined
  );
}

function asText(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}

function value(value: JSONValue): Entry {
  return { kind: 'value', value };
}

function invalid(reason: InvalidReason): Entry {
  return { kind: 'invalid', reason };
}
