import { parseDuration } from './duration';

export type TriggerKind =
  'cron' | 'interval' | 'once' | 'file' | 'after' | 'registry' | 'http';

/** The inputs of all kinds, by the server's names; `pass` is made of two. */
export type TriggerField =
  | 'cron'
  | 'timezone'
  | 'seconds'
  | 'at'
  | 'path'
  | 'on'
  | 'job'
  | 'model'
  | 'alias'
  | 'signed'
  | 'passSource'
  | 'passTo';

/** Kinds that go by the clock, and kinds that wait for something to happen. */
export const TIMED = ['cron', 'interval', 'once'] as const;
export const EVENTFUL = ['file', 'after', 'registry', 'http'] as const;

/** For each kind what it is on, the first unless another is chosen. */
export const ON: Partial<Record<TriggerKind, readonly string[]>> = {
  file: ['any', 'created', 'changed'],
  after: ['success', 'failure', 'any'],
  registry: ['version', 'alias']
};

/** For each kind what of an event can become a parameter's value. */
export const PASSED: Partial<Record<TriggerKind, readonly string[]>> = {
  file: ['path', 'paths', 'event'],
  after: [
    'output_path',
    'run_id',
    'state',
    'metrics',
    'mlflow_run_id',
    'model_name',
    'model_version'
  ],
  registry: ['version', 'model', 'model_uri', 'alias', 'mlflow_run_id']
};

/**
 * What the server is sent of a kind's inputs; null while too little was typed to ask it.
 *
 * What only looks wrong is sent, since the server says best what is wrong with it.
 */
export function specOf(
  kind: TriggerKind,
  textOf: (field: TriggerField) => string
): Record<string, unknown> | null {
  const text = (field: TriggerField) => textOf(field).trim();
  const on = text('on') || ON[kind]?.[0];
  const pass =
    PASSED[kind] && text('passTo') !== ''
      ? { pass: { [text('passTo')]: text('passSource') || PASSED[kind]![0] } }
      : {};
  switch (kind) {
    case 'cron':
      return text('cron') === ''
        ? null
        : { cron: text('cron'), timezone: text('timezone') };
    case 'interval':
      return text('seconds') === ''
        ? null
        : { seconds: parseDuration(text('seconds')) ?? text('seconds') };
    case 'once':
      return text('at') === '' ? null : { at: asMoment(text('at')) };
    case 'file':
      return text('path') === '' ? null : { path: text('path'), on, ...pass };
    case 'after':
      return text('job') === '' ? null : { job: text('job'), on, ...pass };
    case 'registry':
      return text('model') === ''
        ? null
        : {
            model: text('model'),
            on,
            ...(on === 'alias' && text('alias') && { alias: text('alias') }),
            ...pass
          };
    case 'http':
      return text('signed') === 'true' ? { signed: true } : {};
  }
}

/** A moment typed in the reader's own time zone, with that zone. */
function asMoment(text: string): string {
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? text : moment.toISOString();
}
