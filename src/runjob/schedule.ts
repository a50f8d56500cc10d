import { Debouncer } from '@lumino/polling';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type { Problem, SchedulePreview } from '../api/types';

/** Milliseconds of quiet after which what was typed is looked at. */
const QUIET = 300;

/** A schedule that is being typed, with its coming fires as the server sees them. */
export class ScheduleDraft implements IDisposable {
  constructor(
    private readonly _client: Client,
    timezone: string
  ) {
    this._timezone = timezone;
    this._look = new Debouncer(() => this.look(), QUIET);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get cron(): string {
    return this._cron;
  }

  get timezone(): string {
    return this._timezone;
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
    this._cron = cron;
    this._onTyped();
  }

  setTimezone(timezone: string): void {
    this._timezone = timezone;
    this._onTyped();
  }

  /** Ask for the coming fires now. */
  async look(): Promise<void> {
    const asked = ++this._asked;
    let preview: SchedulePreview | null = null;
    let problem: Problem | null = null;
    if (this._cron.trim() !== '') {
      try {
        preview = await this._client.previewSchedule(
          this._cron,
          this._timezone
        );
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

  private _onTyped(): void {
    this._asked += 1;
    this._preview = null;
    this._problem = null;
    this._changed.emit();
    void this._look.invoke();
  }

  private _changed = new Signal<this, void>(this);
  private _look: Debouncer;
  private _cron = '';
  private _timezone: string;
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
