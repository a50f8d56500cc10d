import type { JSONObject, JSONValue } from '@lumino/coreutils';
import type { ModelVersionPage, PredictionRequest } from '../api/types';

/** One input column of a model, as its signature and its input example have it. */
export interface IColumn {
  name: string;
  /** MLflow's name of its type: double, long, string, boolean, datetime, ... */
  type: string;
  isRequired: boolean;
  /** Its value in the input example, as text. */
  example: string;
}

/** How a model is tried: by its columns, or by a body as the scoring server takes it. */
export type TryKind = 'columns' | 'body';

const WHOLE = ['integer', 'long'];
const FLOATING = ['float', 'double'];

/** The columns that a form can ask for; empty where the model takes something else, a tensor for instance. */
export function columnsOf(version: ModelVersionPage): IColumn[] {
  const example = firstRow(version.input_example);
  const inputs = parsed(version.signature?.inputs);
  const specs = Array.isArray(inputs) ? (inputs as JSONObject[]) : [];
  const columns = specs.map(spec => ({
    name: String(spec.name ?? ''),
    type: String(spec.type ?? ''),
    isRequired: spec.required !== false && spec.optional !== true,
    example: asText(example[String(spec.name ?? '')])
  }));
  const isPlain = columns.every(
    ({ name, type }) => name !== '' && type !== 'tensor'
  );
  return isPlain ? columns : [];
}

/** The body that the input example is, for models whose input no form can ask for. */
export function exampleBody(version: ModelVersionPage): string {
  return JSON.stringify(version.input_example ?? { inputs: [] }, null, 2);
}

export type ColumnProblem = 'missing' | 'not-a-number' | 'not-whole';

/** What is wrong with the text of a column, without asking the server. */
export function columnProblem(
  column: IColumn,
  text: string
): ColumnProblem | null {
  const typed = text.trim();
  if (typed === '') {
    return column.isRequired && column.type !== 'string' ? 'missing' : null;
  }
  if (FLOATING.includes(column.type) && !Number.isFinite(Number(typed))) {
    return 'not-a-number';
  }
  return WHOLE.includes(column.type) && !/^[+-]?\d+$/.test(typed)
    ? 'not-whole'
    : null;
}

/** One row of typed texts, as the scoring server takes it. */
export function asRow(
  columns: readonly IColumn[],
  textOf: (column: IColumn) => string
): PredictionRequest {
  const given = columns.filter(
    column => column.isRequired || textOf(column).trim() !== ''
  );
  return {
    dataframe_split: {
      columns: given.map(({ name }) => name),
      data: [given.map(column => valueOf(column, textOf(column)))]
    }
  };
}

function valueOf(column: IColumn, text: string): JSONValue {
  if (column.type === 'string') {
    return text;
  }
  if (column.type === 'boolean') {
    return text === 'true';
  }
  if (WHOLE.includes(column.type) || FLOATING.includes(column.type)) {
    return Number(text);
  }
  return (parsed(text) as JSONValue) ?? text;
}

/** The first row of an input example, by column. */
function firstRow(
  example: ModelVersionPage['input_example']
): Record<string, JSONValue> {
  const split = example?.dataframe_split as
    { columns?: string[]; data?: JSONValue[][] } | undefined;
  if (split?.columns && split.data?.[0]) {
    const [row] = split.data;
    return Object.fromEntries(split.columns.map((name, i) => [name, row[i]]));
  }
  const records = example?.dataframe_records ?? example?.instances;
  const [record] = Array.isArray(records) ? records : [];
  return typeof record === 'object' && record !== null ? record : {};
}

function asText(value: JSONValue | undefined): string {
  return value === undefined || value === null
    ? ''
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
}

/** MLflow keeps parts of a signature as JSON within JSON. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
