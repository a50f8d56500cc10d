import { JSONExt, type PartialJSONObject } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Policies } from '../api/types';
import { parseDuration, writeDuration } from './duration';

/** The policies that can be typed, by the server's names. */
export type OptionName =
  | 'max_attempts'
  | 'retry_delay_s'
  | 'cell_timeout_s'
  | 'timeout_s'
  | 'overlap'
  | 'max_parallel'
  | 'priority'
  | 'preflight'
  | 'keep_kernel_s'
  | 'output_url';

/** The channel that is always there. */
export const JUPYTERLAB = 'jupyterlab';

/** What can be told of a run. */
export const EVENTS = [
  'failed',
  'succeeded',
  'recovered',
  'longer_than_usual',
  'started'
] as const;

export type EventName = (typeof EVENTS)[number];

export type OptionProblem =
  'not-whole' | 'not-a-duration' | 'not-an-address' | 'out-of-range';

interface IOption {
  kind: 'whole' | 'seconds' | 'choice' | 'address';
  /** What holds when nothing is typed. */
  initial: string;
  minimum?: number;
  maximum?: number;
  choices?: readonly string[];
}

const LONGEST = 31 * 86_400;

export const OPTIONS: Record<OptionName, IOption> = {
  max_attempts: { kind: 'whole', initial: '1', minimum: 1, maximum: 20 },
  retry_delay_s: {
    kind: 'seconds',
    initial: '30s',
    minimum: 0,
    maximum: LONGEST
  },
  cell_timeout_s: {
    kind: 'seconds',
    initial: '',
    minimum: 0.1,
    maximum: LONGEST
  },
  timeout_s: { kind: 'seconds', initial: '', minimum: 0.1, maximum: LONGEST },
  overlap: {
    kind: 'choice',
    initial: 'skip',
    choices: ['skip', 'queue', 'cancel_previous', 'allow']
  },
  max_parallel: { kind: 'whole', initial: '', minimum: 1, maximum: 100 },
  priority: { kind: 'whole', initial: '0', minimum: -100, maximum: 100 },
  preflight: {
    kind: 'choice',
    initial: 'warn',
    choices: ['warn', 'refuse', 'off']
  },
  keep_kernel_s: {
    kind: 'seconds',
    initial: '',
    minimum: 0,
    maximum: LONGEST
  },
  output_url: { kind: 'address', initial: '' }
};

const TOLD_AT_FIRST: readonly EventName[] = ['failed'];

/** The policies of a job as they are typed; what is left alone is not sent. */
export class OptionsDraft {
  get changed(): ISignal<this, OptionName | 'notify'> {
    return this._changed;
  }

  textOf(name: OptionName): string {
    return this._texts.get(name) ?? OPTIONS[name].initial;
  }

  setText(name: OptionName, text: string): void {
    this._texts.set(name, text);
    this._changed.emit(name);
  }

  isTold(event: EventName): boolean {
    return this._told.has(event);
  }

  /** Whether one is told by a channel; by JupyterLab's own unless it is left out. */
  isToldBy(channel: string): boolean {
    return this._channels.has(channel);
  }

  setToldBy(channel: string, isTold: boolean): void {
    if (isTold) {
      this._channels.add(channel);
    } else {
      this._channels.delete(channel);
    }
    this._changed.emit('notify');
  }

  setTold(event: EventName, isTold: boolean): void {
    if (isTold) {
      this._told.add(event);
    } else {
      this._told.delete(event);
    }
    this._changed.emit('notify');
  }

  /** Whether the option means anything beside the others. */
  isOffered(name: OptionName): boolean {
    switch (name) {
      case 'retry_delay_s':
        return Number(this.textOf('max_attempts')) > 1;
      case 'max_parallel':
        return this.textOf('overlap') === 'allow';
      default:
        return true;
    }
  }

  problemOf(name: OptionName): OptionProblem | null {
    const { kind, minimum, maximum } = OPTIONS[name];
    const text = this.textOf(name).trim();
    if (kind === 'choice' || text === '' || !this.isOffered(name)) {
      return null;
    }
    const value = read(name, text);
    if (value === null) {
      return PROBLEMS[kind];
    }
    return (value as number) < minimum! || (value as number) > maximum!
      ? 'out-of-range'
      : null;
  }

  get isValid(): boolean {
    return NAMES.every(name => this.problemOf(name) === null);
  }

  /** How many of them differ from what holds anyway. */
  get changes(): number {
    return Object.keys(this.policies).length;
  }

  get policies(): Policies {
    const policies: Record<string, unknown> = {};
    for (const name of NAMES) {
      const text = this.textOf(name).trim();
      const isLeft = text === '' || text === OPTIONS[name].initial;
      if (!isLeft && this.isOffered(name)) {
        policies[name] = read(name, text);
      }
    }
    const rules = EVENTS.map(
      event => [event, this.isTold(event) ? [...this._channels] : []] as const
    ).filter(([event, channels]) => {
      const atFirst = TOLD_AT_FIRST.includes(event) ? [JUPYTERLAB] : [];
      return channels.join() !== atFirst.join();
    });
    return rules.length === 0
      ? policies
      : { ...policies, notify: Object.fromEntries(rules) };
  }

  /** Show a job's policies; those that cannot be typed here stay as they are. */
  fill(given: Policies): void {
    for (const name of NAMES) {
      this._texts.set(name, write(name, given[name]));
    }
    if (!this.isOffered('max_parallel')) {
      this._texts.delete('max_parallel');
    }
    const rules = (given.notify ?? {}) as Record<string, string[]>;
    const told = EVENTS.filter(event =>
      rules[event] ? rules[event].length > 0 : TOLD_AT_FIRST.includes(event)
    );
    const channels = told.flatMap(event => rules[event] ?? [JUPYTERLAB]);
    this._told = new Set(told);
    this._channels = new Set(channels.length > 0 ? channels : [JUPYTERLAB]);
    this._given = { policies: given, typed: this.policies };
  }

  /** All policies of the job filled in, as they are to be; null while none was typed over. */
  get replacement(): Policies | null {
    const { policies, typed } = this._given;
    const { notify, ...now } = this.policies;
    const isSame = (one: unknown, other: unknown) =>
      JSONExt.deepEqual(one as PartialJSONObject, other as PartialJSONObject);
    if (isSame(this.policies, typed)) {
      return null;
    }
    const others = Object.entries(policies).filter(
      ([name]) => name !== 'notify' && !(NAMES as string[]).includes(name)
    );
    const rules = isSame(notify ?? {}, typed.notify ?? {})
      ? policies.notify // It may tell of each event elsewhere, which cannot be typed here.
      : notify;
    return {
      ...Object.fromEntries(others),
      ...now,
      ...(rules && { notify: rules })
    };
  }

  private _changed = new Signal<this, OptionName | 'notify'>(this);
  private _given: { policies: Policies; typed: Policies } = {
    policies: {},
    typed: {}
  };
  private _texts = new Map<OptionName, string>();
  private _told = new Set<EventName>(TOLD_AT_FIRST);
  private _channels = new Set<string>([JUPYTERLAB]);
}

/** What is said of a text that is none of its kind. */
const PROBLEMS = {
  whole: 'not-whole',
  seconds: 'not-a-duration',
  address: 'not-an-address'
} as const;

const NAMES = Object.keys(OPTIONS) as OptionName[];

/** A policy as it would be typed. */
function write(name: OptionName, value: unknown): string {
  const { kind, initial } = OPTIONS[name];
  if (value === undefined || value === null) {
    return initial;
  }
  const isNone = initial === '' && value === 0; // A kernel kept for no time is not kept.
  return isNone
    ? ''
    : kind === 'seconds'
      ? writeDuration(value as number)
      : String(value);
}

/** The value of a text; null where it is none of its kind. */
function read(name: OptionName, text: string): number | string | null {
  switch (OPTIONS[name].kind) {
    case 'choice':
      return text;
    case 'whole':
      return /^[+-]?\d+$/.test(text) ? Number(text) : null;
    case 'seconds':
      return parseDuration(text);
    case 'address':
      return /^[a-z][a-z\d+.-]*:\/\/./.test(text) ? text : null;
  }
}
