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
import { type IEnvironmentProblem, readEnvironment } from './environment';
import { type Field, inputOf, TRIGGER_FIELDS } from './inputs';
import { MatrixDraft } from './matrix';
import { type OptionName, OptionsDraft } from './options';
import { initialText, type InvalidReason, readEntry } from './parameters';
import { presetsOf, savePreset, textUnder, type Values } from './presets';
import { ownTimezone, ScheduleDraft } from './schedule';
import { EVENTFUL, LIMITS, TIMED } from './triggerSpec';

/** At once, by the clock, or when something happens. */
export type When = 'now' | 'schedule' | 'event';

/** What a submitted form made, and why its preset could not be kept, if it could not. */
export type Submitted = (
  | { kind: 'run'; run: Run }
  | { kind: 'runs'; runs: Run[] }
  | { kind: 'job'; job: Job; trigger: NewTrigger | null }
) & { unsaved?: Problem | null };

/**
 * A notebook that is about to be run as a job: what was typed, and what is wrong with it.
 *
 * A refusal leaves everything that was typed in place.
 */
export class RunJobForm implements IDisposable {
  constructor(
    private readonly _client: Client,
    readonly inspection: NotebookInspection,
    private readonly _jobs: readonly Job[] = []
  ) {
    this.matrix = new MatrixDraft(inspection.parameters);
    this.matrix.changed.connect(() => this._onTyped('matrix'));
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
  readonly matrix: MatrixDraft;
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

  /** The kernel's variables as they are typed, `NAME=VALUE` a line. */
  get environment(): string {
    return this._environment;
  }

  set environment(text: string) {
    this._environment = text;
    this._onTyped('environment');
  }

  get environmentProblem(): IEnvironmentProblem | null {
    const read = readEnvironment(this._environment);
    return 'problem' in read ? read.problem : null;
  }

  /** The kernel's variables by name; what is wrong is left out. */
  get variables(): Record<string, string> {
    const read = readEnvironment(this._environment);
    return 'values' in read ? read.values : {};
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

  /** The presets of the job that this would be a run of. */
  get presets(): Record<string, Values> {
    return presetsOf(this._jobs, this._name.trim() || this.inspection.name);
  }

  /** Fill in what a preset has, and the defaults of what it has not. */
  applyPreset(name: string): void {
    const values = this.presets[name];
    for (const parameter of this.inspection.parameters) {
      this._texts.set(parameter.name, textUnder(values, parameter));
      this._refused.delete(`parameters.${parameter.name}`);
    }
    this._onTyped('preset');
  }

  /** Under which name the parameters are to be kept, once they are accepted; '' for none. */
  get presetName(): string {
    return this._presetName;
  }

  set presetName(name: string) {
    this._presetName = name;
    this._onTyped('preset');
  }

  /** How many runs this makes now. */
  get runCount(): number {
    return this._when === 'now' ? this.matrix.count : 0;
  }

  get matrixProblem(): Problem | null {
    return (
      [...this._refused].find(([input]) => input.startsWith('matrix'))?.[1] ??
      null
    );
  }

  get hasLimitProblem(): boolean {
    return (
      this.schedule.isLimitWrong ||
      LIMITS.some(field => this._refused.has(field))
    );
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
    return (
      this.environmentProblem !== null ||
      this._refused.has('environment') ||
      [...this._refused.keys()].some(name => name.startsWith('policies.'))
    );
  }

  /** A refusal that belongs to no input shown. */
  get generalProblem(): Problem | null {
    return this._refused.get('') ?? null;
  }

  get isValid(): boolean {
    const isMatrixValid = this._when !== 'now' || this.matrix.isValid;
    const isPlanValid = !this._registers || this.plan.isValid;
    return (
      this.options.isValid &&
      this.environmentProblem === null &&
      this._areParametersValid &&
      isMatrixValid &&
      isPlanValid
    );
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
    const environment = this.variables;
    return {
      notebook: this.inspection.notebook,
      name: this._name.trim() || null,
      parameters: this._changedValues(),
      kernel: this._kernel,
      register_model: this._registerModel.trim() || null,
      ...(this._registers &&
        Object.keys(plan).length > 0 && { registration: plan }),
      ...(Object.keys(environment).length > 0 && { environment }),
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
      if (await this._isHeldBack()) {
        return null;
      }
      const submitted = await this._send();
      return { ...submitted, unsaved: await this._keepPreset(submitted) };
    } catch (error) {
      const problem = asProblem(error);
      if (!this.plan.refuse(problem)) {
        const parameters = this.inspection.parameters.map(({ name }) => name);
        const input = inputOf(problem.field, parameters, this._when !== 'now');
        this._refused.set(input, problem);
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
    if (this.runCount > 0) {
      return { kind: 'runs', runs: await this._sendMatrix() };
    }
    if (this._when === 'now') {
      return { kind: 'run', run: await this._client.submitRun(this.request) };
    }
    const { cron, timezone, kind, limits, request: trigger } = this.schedule;
    if (kind === 'cron' && Object.keys(limits).length === 0) {
      const schedule = { cron, timezone };
      const job = await this._client.createJob({ ...this.request, schedule });
      return { kind: 'job', job, trigger: null };
    }
    return this._sendTrigger(trigger ?? { kind, spec: {} });
  }

  private _sendMatrix(): Promise<Run[]> {
    const { request } = this;
    const matrix = this.matrix.values;
    const others = Object.entries(request.parameters ?? {}).filter(
      ([name]) => !(name in matrix)
    );
    return this._client.submitMatrix({
      request: { ...request, parameters: Object.fromEntries(others) },
      matrix
    });
  }

  private async _keepPreset(submitted: Submitted): Promise<Problem | null> {
    const name = this._presetName.trim();
    const jobId =
      submitted.kind === 'job'
        ? submitted.job.id
        : submitted.kind === 'run'
          ? submitted.run.job_id
          : submitted.runs[0].job_id;
    return name === ''
      ? null
      : savePreset(this._client, jobId, name, this._changedValues());
  }

  private async _sendTrigger(trigger: TriggerRequest): Promise<Submitted> {
    const job = await this._client.createJob({ ...this.request, trigger });
    const made = job.triggers!.at(-1)!; // The newest is the last.
    return { kind: 'job', job, trigger: { ...made, token: job.token ?? null } };
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
  private _presetName = '';
  private _registerModel = '';
  private _environment = '';
  private _kernel: string | null = null;
  private _when: When = 'now';
  private _isSubmitting = false;
  private _findings: readonly Finding[] = [];
  private _seen: string | null = null;
}
