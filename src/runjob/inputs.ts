import { LIMITS, type TriggerField } from './triggerSpec';

/** The inputs other than parameters, named as the server names their fields. */
export type Field =
  | 'name'
  | 'kernel'
  | 'register_model'
  | 'notebook'
  | 'environment'
  | TriggerField;

const FIELDS: readonly string[] = [
  'name',
  'kernel',
  'register_model',
  'notebook'
];

export const TRIGGER_FIELDS: readonly string[] = [
  'cron',
  'timezone',
  'seconds',
  'at',
  'path',
  'on',
  'job',
  'model',
  'alias',
  'signed',
  ...LIMITS
];

/** The input that a refused field is shown at, or '' for the form as a whole. */
export function inputOf(
  field: string | null,
  parameters: readonly string[],
  hasTrigger: boolean
): string {
  const name = (field ?? '').replace(/^(schedule|spec)\./, '');
  const option = /^policies\.\w+/.exec(name)?.[0];
  if (option) {
    return option;
  }
  if (/^matrix\b/.test(name)) {
    return 'matrix';
  }
  if (/^environment\b/.test(name)) {
    return 'environment';
  }
  if (hasTrigger && TRIGGER_FIELDS.includes(name)) {
    return name;
  }
  if (
    FIELDS.includes(name) ||
    parameters.some(parameter => name === `parameters.${parameter}`)
  ) {
    return name;
  }
  if (name === 'schedule') {
    return 'cron';
  }
  return name === 'cron' || name === 'timezone' ? name : '';
}
