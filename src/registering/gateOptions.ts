import type { JSONValue } from '@lumino/coreutils';
import type { GateKind } from '../api/types';

export type OptionInput =
  'text' | 'number' | 'whole' | 'checkbox' | 'choice' | 'list' | 'json';

/** One option of a kind of gate, as its JSON Schema tells it. */
export interface IGateOption {
  name: string;
  input: OptionInput;
  isRequired: boolean;
  help: string;
  /** What holds when nothing is typed, as text. */
  initial: string;
  choices: readonly string[];
}

interface ISchema {
  type?: string | string[];
  enum?: JSONValue[];
  items?: ISchema;
  anyOf?: ISchema[];
  default?: JSONValue;
  description?: string;
}

/** The options of a kind of gate, those that must be given first. */
export function optionsOf(kind: GateKind): IGateOption[] {
  const { properties = {}, required = [] } = kind.options as {
    properties?: Record<string, ISchema>;
    required?: string[];
  };
  return Object.entries(properties)
    .map(([name, schema]) => ({
      name,
      input: inputOf(schema),
      isRequired: required.includes(name),
      help: schema.description ?? '',
      initial: asText(schema.default),
      choices: (schema.enum ?? []).filter(each => each !== null).map(asText)
    }))
    .sort((a, b) => Number(b.isRequired) - Number(a.isRequired));
}

export type OptionProblem =
  'missing' | 'not-a-number' | 'not-whole' | 'not-json';

export type OptionEntry =
  | { kind: 'left' }
  | { kind: 'value'; value: JSONValue }
  | { kind: 'invalid'; problem: OptionProblem };

/** What a typed text means; text that says what holds anyway is left out. */
export function readOption(option: IGateOption, text: string): OptionEntry {
  const typed = text.trim();
  if (typed === '') {
    return option.isRequired
      ? { kind: 'invalid', problem: 'missing' }
      : { kind: 'left' };
  }
  if (typed === option.initial && !option.isRequired) {
    return { kind: 'left' };
  }
  switch (option.input) {
    case 'checkbox':
      return { kind: 'value', value: typed === 'true' };
    case 'number':
      return Number.isFinite(Number(typed))
        ? { kind: 'value', value: Number(typed) }
        : { kind: 'invalid', problem: 'not-a-number' };
    case 'whole':
      return /^[+-]?\d+$/.test(typed)
        ? { kind: 'value', value: Number(typed) }
        : { kind: 'invalid', problem: 'not-whole' };
    case 'list':
      return { kind: 'value', value: partsOf(typed) };
    case 'json':
      return readJson(typed);
    default:
      return { kind: 'value', value: typed };
  }
}

function inputOf(schema: ISchema): OptionInput {
  if (schema.enum) {
    return 'choice';
  }
  const { type, items } = schema.anyOf
    ? (schema.anyOf.find(each => each.type !== 'null') ?? schema)
    : schema;
  const types = [type].flat().filter(each => each && each !== 'null');
  if (types.length !== 1) {
    return types.includes('string') ? 'text' : 'json';
  }
  switch (types[0]) {
    case 'string':
      return 'text';
    case 'number':
      return 'number';
    case 'integer':
      return 'whole';
    case 'boolean':
      return 'checkbox';
    case 'array':
      return items?.type === 'string' ? 'list' : 'json';
    default:
      return 'json';
  }
}

function partsOf(text: string): string[] {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');
}

function readJson(text: string): OptionEntry {
  try {
    return { kind: 'value', value: JSON.parse(text) };
  } catch {
    return { kind: 'invalid', problem: 'not-json' };
  }
}

/** A value of an option as its input shows it. */
export function asText(value: JSONValue | undefined): string {
  if (value === undefined || value === null) {
    return '';
  }
  if (Array.isArray(value) && value.every(part => typeof part === 'string')) {
    return value.join(', ');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
