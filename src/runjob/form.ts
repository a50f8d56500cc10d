import type { JSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type {
  Finding,
  Job,
  NewTrigger,
  NotebookInspection,
  Parameter,
  Problem,
  Run,
  RunRequest,
  TriggerRequest
} from '../api/types';
import { PlanDraft } from '../registering/planDraft';
import { type OptionName, OptionsDraft } from './options';
import { initialText, type InvalidReason, readEntry } from './parameters';
import { ownTimezone, ScheduleDraft } from './schedule';
import { EVENTFUL, TIMED, type TriggerField } from './triggerSpec';

/** At once, by the clock, or when something happens. */
export type When = 'now' | 'schedule' | 'event';

/** What a submitted form made. */
export type Submitted =
  | { kind: 'run'; run: Run }
  | { kind: 'job'; job: Job; trigger: NewTrigger | null };

/** The inputs other than parameters, named as the server names their fields. */
export type Field =
  'name' | 'kernel' | 'register_model' | 'notebook' | TriggerField;

const FIELDS: readonly string[] = [
  'name',
  'kernel',
  'register_model',
  'notebook'
];

const TRIGGER_FIELDS: readonly string[] = [
  'cron',
  'timezone',
  'seconds',
  'at',
  'path',
  'on',
  'job',
  'model',
  'alias',
  'signed'
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
      for (const field of TRIGGER_FIELDS) {
        this._refused.delete(field);
      }
      this._changed.emit();
    });
    this.options.changed.connect((_, name) =>
      this._onTyped(`policies.${name}`)
    );
    this.plan = new PlanDraft(_client.registry);
    this.plan.changed.connect(() => this._onTyped('registration'));
    for (const parameter of inspection.parameters) {
      this._texts.set(parameter.name, initialText(parameter));
    }
    if (inspection.kernel_problem !== null) {
      this._kernel = inspection.default_kernel;
    }
  }

  readonly schedule: ScheduleDraft;
  readonly options = new OptionsDraft();
  /** How the model is registered, when one is named. */
  readonly plan: PlanDraft;

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
    const kinds: readonly string[] = when === 'event' ? EVENTFUL : TIMED;
    if (when !== 'now' && !kinds.includes(this.schedule.kind)) {
      this.schedule.kind = when === 'event' ? EVENTFUL[0] : TIMED[0];
    }
    this._changed.emit();
  }

  /** What the run would, or may, fail by: to be looked at before it is sent after all. */
  get findings(): readonly Finding[] {
    return this._findings;
  }

  /** Whether to send it once more sends it in spite of the findings. */
  get isSentAnyway(): boolean {
    return this._findings.length > 0 && this._seen === this._asSeen;
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

  problemOfOption(name: OptionName | 'notify'): Problem | null {
    return this._refused.get(`policies.${name}`) ?? null;
  }

  get hasOptionProblem(): boolean {
    return [...this._refused.keys()].some(name => name.startsWith('policies.'));
  }

  /** A refusal that belongs to no input shown. */
  get generalProblem(): Problem | null {
    return this._refused.get('') ?? null;
  }

  get isValid(): boolean {
    const isPlanValid = !this._registers || this.plan.isValid;
    return this.options.isValid && isPlanValid && this._areParametersValid;
  }

  private get _areParametersValid(): boolean {
    return this.inspection.parameters.every(
      parameter => this.invalidReason(parameter) === null
    );
  }

  private get _registers(): boolean {
    return this._registerModel.trim() !== '';
  }

  /** What would be sent: only parameters that differ from their defaults. */
  get request(): RunRequest {
    const { plan } = this.plan;
    return {
      notebook: this.inspection.notebook,
      name: this._name.trim() || null,
      parameters: this._changedValues(),
      kernel: this._kernel,
      register_model: this._registerModel.trim() || null,
      ...(this._registers &&
        Object.keys(plan).length > 0 && { registration: plan }),
      ...(this.options.changes > 0 && { policies: this.options.policies })
    };
  }

  /** Send it; returns what was made, or null when it was refused (see the problems) or has findings. */
  async submit(): Promise<Submitted | null> {
    if (this._registers) {
      this.plan.markTried();
    }
    if (this._isSubmitting || !this.isValid) {
      return null;
    }
    this._isSubmitting = true;
    this._refused.clear();
    this._changed.emit();
    try {
      return (await this._isHeldBack()) ? null : await this._send();
    } catch (error) {
      const problem = asProblem(error);
      if (!this.plan.refuse(problem)) {
        this._refused.set(this._inputOf(problem.field), problem);
      }
      return null;
    } finally {
      this._isSubmitting = false;
      this._changed.emit();
    }
  }

  /** Whether the preflight has found something that nobody has looked at, or that forbids the run. */
  private async _isHeldBack(): Promise<boolean> {
    const { preflight = 'warn' } = this.options.policies;
    if (preflight === 'off' || this.isSentAnyway) {
      return false;
    }
    const { findings } = await this._client
      .preflight(this.request)
      .catch(() => ({ findings: [] })); // What it cannot be asked is answered when it is sent.
    this._findings = findings;
    const isForbidden =
      preflight === 'refuse' && findings.some(({ certain }) => certain);
    this._seen = isForbidden ? null : this._asSeen;
    return findings.length > 0;
  }

  /** What findings belong to: they hold no longer when it is another. */
  private get _asSeen(): string {
    return JSON.stringify(this.request);
  }

  private async _send(): Promise<Submitted> {
    if (this._when === 'now') {
      return { kind: 'run', run: await this._client.submitRun(this.request) };
    }
    const { cron, timezone, kind, request: trigger } = this.schedule;
    if (kind === 'cron') {
      const schedule = { cron, timezone };
      const job = await this._client.createJob({ ...this.request, schedule });
      return { kind: 'job', job, trigger: null };
    }
    return this._sendTrigger(trigger ?? { kind, spec: {} });
  }

  /** Make the job, then its trigger; without that, a job that is new goes again. */
  private async _sendTrigger(trigger: TriggerRequest): Promise<Submitted> {
    await this._client.previewTrigger(trigger.kind, trigger.spec);
    const job = await this._client.createJob(this.request);
    try {
      return {
        kind: 'job',
        job,
        trigger: await this._client.addTrigger(job.id, trigger)
      };
    } catch (error) {
      if (!job.triggers?.length && !job.last_run) {
        await this._client.deleteJob(job.id).catch(() => undefined);
      }
      throw error;
    }
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
    const name = (field ?? '').replace(/^(schedule|spec)\./, '');
    const option = name.replace(/^(policies\.\w+).*$/, '$1');
    if (option.startsWith('policies.')) {
      return option;
    }
    if (this._when !== 'now' && TRIGGER_FIELDS.includes(name)) {
      return name;
    }
    const isParameter = this.inspection.parameters.some(
      parameter => name === `parameters.${parameter.name}`
    );
    if (isParameter || FIELDS.includes(name)) {
      return name;
    }
    return ['schedule', 'cron'].includes(name)
      ? 'cron'
      : name === 'timezone'
        ? 'timezone'
        : '';
  }

  private _onTyped(input: string): void {
    this._findings = [];
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
  private _findings: readonly Finding[] = [];
  private _seen: string | null = null;
}
