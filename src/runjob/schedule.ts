import { Debouncer } from '@lumino/polling';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type { Problem, SchedulePreview, TriggerRequest } from '../api/types';
import {
  type Limits,
  LIMITS,
  limitsOf,
  specOf,
  type TriggerField,
  type TriggerKind
} from './triggerSpec';

/** Milliseconds of quiet after which what was typed is looked at. */
const QUIET = 300;

/** A trigger that is being typed, in words and with its coming fires as the server sees them. */
export class ScheduleDraft implements IDisposable {
  constructor(
    private readonly _client: Client,
    timezone: string
  ) {
    this._texts.set('timezone', timezone);
    this._look = new Debouncer(() => this.look(), QUIET);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get kind(): TriggerKind {
    return this._kind;
  }

  /** Choose another kind; what was typed for the others stays, but for what it is on. */
  set kind(kind: TriggerKind) {
    this._kind = kind;
    this._texts.delete('on');
    this._texts.delete('passSource');
    this._onTyped();
  }

  get cron(): string {
    return this.textOf('cron');
  }

  get timezone(): string {
    return this.textOf('timezone');
  }

  textOf(field: TriggerField): string {
    return this._texts.get(field) ?? '';
  }

  setText(field: TriggerField, text: string): void {
    this._texts.set(field, text);
    this._onTyped();
  }

  /** The trigger to ask for, or null while too little was typed. */
  get request(): TriggerRequest | null {
    const spec = specOf(this._kind, field => this.textOf(field));
    return spec && { kind: this._kind, spec, ...this.limits };
  }

  /** From when and until when it fires, what becomes of missed fires, and how far runs are spread. */
  get limits(): Limits {
    return limitsOf(this._kind, field => this.textOf(field));
  }

  /** What is wrong with a limit, if that is what is wrong. */
  get isLimitWrong(): boolean {
    return LIMITS.some(field => field === this._problem?.field);
  }

  /** The next fires, or null while what was typed is not understood. */
  get preview(): SchedulePreview | null {
    return this._preview;
  }

  get problem(): Problem | null {
    return this._problem;
  }

  get isDisposed(): boolean {
    return this._look.isDisposed;
  }

  dispose(): void {
    this._look.dispose();
    Signal.clearData(this);
  }

  setCron(cron: string): void {
    this.setText('cron', cron);
  }

  setTimezone(timezone: string): void {
    this.setText('timezone', timezone);
  }

  /** Ask for the coming fires now. */
  async look(): Promise<void> {
    const asked = ++this._asked;
    let preview: SchedulePreview | null = null;
    let problem: Problem | null = null;
    const { request } = this;
    if (request !== null) {
      try {
        preview = await this._ask(request);
      } catch (error) {
        problem = asProblem(error);
      }
    }
    if (asked === this._asked && !this.isDisposed) {
      this._preview = preview;
      this._problem = problem;
      this._changed.emit();
    }
  }

  private _ask(request: TriggerRequest): Promise<SchedulePreview> {
    const { kind, spec } = request;
    return kind === 'cron'
      ? this._client.previewSchedule(this.cron, this.timezone, request)
      : this._client.previewTrigger(kind, spec, request);
  }

  private _onTyped(): void {
    this._asked += 1;
    this._preview = null;
    this._problem = null;
    this._changed.emit();
    void this._look.invoke();
  }

  private _changed = new Signal<this, void>(this);
  private _look: Debouncer;
  private _kind: TriggerKind = 'cron';
  private _texts = new Map<TriggerField, string>();
  private _preview: SchedulePreview | null = null;
  private _problem: Problem | null = null;
  private _asked = 0;
}

/** The browser's own time zone. */
export function ownTimezone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Every time zone that the browser knows. */
export function knownTimezones(): string[] {
  return Intl.supportedValuesOf('timeZone');
}
