import type { TriggerRequest } from '../api/types';
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
  | 'passTo'
  | LimitField;

/** The inputs that all kinds have in common; `missed` those that go by the clock. */
export type LimitField = 'starts_at' | 'ends_at' | 'missed' | 'jitter_s';

export const LIMITS: readonly LimitField[] = [
  'starts_at',
  'ends_at',
  'missed',
  'jitter_s'
];

/** What becomes of fires that nobody was there for, the first unless another is chosen. */
export const MISSED = ['latest', 'skip', 'all'] as const;

/** What a trigger has beside its kind's own. */
export type Limits = Pick<
  TriggerRequest,
  'starts_at' | 'ends_at' | 'missed' | 'jitter_s'
>;

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

/** What the server is sent of the inputs that all kinds have in common; what is left alone is not sent. */
export function limitsOf(
  kind: TriggerKind,
  textOf: (field: TriggerField) => string
): Limits {
  const text = (field: LimitField) => textOf(field).trim();
  const isTimed = (TIMED as readonly string[]).includes(kind);
  const wait = text('jitter_s');
  return {
    ...(text('starts_at') && { starts_at: asMoment(text('starts_at')) }),
    ...(text('ends_at') && { ends_at: asMoment(text('ends_at')) }),
    ...(isTimed &&
      text('missed') && { missed: text('missed') as Limits['missed'] }),
    // What is no time is sent as it is, since the server says best what is wrong with it.
    ...(wait && {
      jitter_s: parseDuration(wait) ?? (wait as unknown as number)
    })
  };
}

/** A moment typed in the reader's own time zone, with that zone. */
function asMoment(text: string): string {
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? text : moment.toISOString();
}
