import type { JSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type {
  Job,
  NotebookInspection,
  Parameter,
  Problem,
  Run,
  RunRequest
} from '../api/types';
import { initialText, type InvalidReason, readEntry } from './parameters';
import { ownTimezone, ScheduleDraft } from './schedule';

export type When = 'now' | 'schedule';

/** What a submitted form made. */
export type Submitted = { kind: 'run'; run: Run } | { kind: 'job'; job: Job };

/** The inputs other than parameters, named as the server names their fields. */
export type Field =
  'name' | 'kernel' | 'register_model' | 'cron' | 'timezone' | 'notebook';

const FIELDS: readonly string[] = [
  'name',
  'kernel',
  'register_model',
  'cron',
  'timezone',
  'notebook'
];

/**
 * A notebook that is about to be run as a job: what was typed, and what is wrong with it.
 *
 * A refusal leaves everything that was typed in place.
 */
export class RunJobForm implements IDisposable {
  constructor(
    private readonly _client: Client,
    readonly inspection: NotebookInspection
  ) {
    this.schedule = new ScheduleDraft(_client, ownTimezone());
    this.schedule.changed.connect(() => {
      this._refused.delete('cron');
      this._refused.delete('timezone');
      this._changed.emit();
    });
    for (const parameter of inspection.parameters) {
      this._texts.set(parameter.name, initialText(parameter));
    }
    if (inspection.kernel_problem !== null) {
      this._kernel = inspection.default_kernel;
    }
  }

  readonly schedule: ScheduleDraft;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this.schedule.isDisposed;
  }

  dispose(): void {
    this.schedule.dispose();
    Signal.clearData(this);
  }

  get name(): string {
    return this._name;
  }

  set name(name: string) {
    this._name = name;
    this._onTyped('name');
  }

  get registerModel(): string {
    return this._registerModel;
  }

  set registerModel(name: string) {
    this._registerModel = name;
    this._onTyped('register_model');
  }

  /** The chosen kernel's name, or null for the one that the notebook names. */
  get kernel(): string | null {
    return this._kernel;
  }

  set kernel(name: string | null) {
    this._kernel = name;
    this._onTyped('kernel');
  }

  get when(): When {
    return this._when;
  }

  set when(when: When) {
    this._when = when;
    this._changed.emit();
  }

  get isSubmitting(): boolean {
    return this._isSubmitting;
  }

  textOf(parameter: Parameter): string {
    return this._texts.get(parameter.name) ?? '';
  }

  setText(parameter: Parameter, text: string): void {
    this._texts.set(parameter.name, text);
    this._onTyped(`parameters.${parameter.name}`);
  }

  isChanged(parameter: Parameter): boolean {
    return readEntry(parameter, this.textOf(parameter)).kind !== 'unchanged';
  }

  /** Why the text cannot be a value of its parameter; known without asking the server. */
  invalidReason(parameter: Parameter): InvalidReason | null {
    const entry = readEntry(parameter, this.textOf(parameter));
    return entry.kind === 'invalid' ? entry.reason : null;
  }

  /** The server's refusal of an input, until that input is changed. */
  problemOf(field: Field): Problem | null {
    return this._refused.get(field) ?? null;
  }

  problemOfParameter(parameter: Parameter): Problem | null {
    return this._refused.get(`parameters.${parameter.name}`) ?? null;
  }

  /** A refusal that belongs to no input shown. */
  get generalProblem(): Problem | null {
    return this._refused.get('') ?? null;
  }

  get isValid(): boolean {
    return this.inspection.parameters.every(
      parameter => this.invalidReason(parameter) === null
    );
  }

  /** What would be sent: only parameters that differ from their defaults. */
  get request(): RunRequest {
    return {
      notebook: this.inspection.notebook,
      name: this._name.trim() || null,
      parameters: this._changedValues(),
      kernel: this._kernel,
      register_model: this._registerModel.trim() || null
    };
  }

  /** Send it; returns what was made, or null when it was refused (see the problems). */
  async submit(): Promise<Submitted | null> {
    if (this._isSubmitting || !this.isValid) {
      return null;
    }
    this._isSubmitting = true;
    this._refused.clear();
    this._changed.emit();
    try {
      return await this._send();
    } catch (error) {
      const problem = asProblem(error);
      this._refused.set(this._inputOf(problem.field), problem);
      return null;
    } finally {
      this._isSubmitting = false;
      this._changed.emit();
    }
  }

  private async _send(): Promise<Submitted> {
    if (this._when === 'now') {
      return { kind: 'run', run: await this._client.submitRun(this.request) };
    }
    const { cron, timezone } = this.schedule;
    const job = await this._client.createJob({
      ...this.request,
      schedule: { cron, timezone }
    });
    return { kind: 'job', job };
  }

  private _changedValues(): Record<string, JSONValue> {
    const values: Record<string, JSONValue> = {};
    for (const parameter of this.inspection.parameters) {
      const entry = readEntry(parameter, this.textOf(parameter));
      if (entry.kind === 'value') {
        values[parameter.name] = entry.value;
      }
    }
    return values;
  }

  /** The input that a refused field is shown at, or '' for the form as a whole. */
  private _inputOf(field: string | null): string {
    const name = (field ?? '').replace(/^schedule\./, '');
    const isParameter = this.inspection.parameters.some(
      parameter => name === `parameters.${parameter.name}`
    );
    if (isParameter || FIELDS.includes(name)) {
      return name;
    }
    return name === 'schedule' ? 'cron' : '';
  }

  private _onTyped(input: string): void {
    this._refused.delete(input);
    this._refused.delete('');
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _texts = new Map<string, string>();
  private _refused = new Map<string, Problem>();
  private _name = '';
  private _registerModel = '';
  private _kernel: string | null = null;
  private _when: When = 'now';
  private _isSubmitting = false;
}
