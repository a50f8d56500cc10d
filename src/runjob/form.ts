import type { Client } from '../api/client';
import type {
  Finding,
  Job,
  NewTrigger,
  NotebookInspection,
  Problem,
  Run,
  RunRequest,
  TriggerRequest
} from '../api/types';
import { TRIGGER_FIELDS } from './inputs';
import { JobForm } from './jobForm';
import { MatrixDraft } from './matrix';
import { presetsOf, savePreset, type Values } from './presets';
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

/** A notebook that is about to be run as a job, at once or when it is to. */
export class RunJobForm extends JobForm<Submitted> {
  constructor(
    client: Client,
    inspection: NotebookInspection,
    private readonly _jobs: readonly Job[] = []
  ) {
    super(client, inspection);
    this.matrix = new MatrixDraft(inspection.parameters);
    this.matrix.changed.connect(() => this.onTyped('matrix'));
    this.schedule = new ScheduleDraft(client, ownTimezone());
    this.schedule.changed.connect(() => {
      for (const field of TRIGGER_FIELDS) {
        this.refused.delete(field);
      }
      this.emitChanged();
    });
    if (inspection.kernel_problem !== null) {
      this.kernel = inspection.default_kernel;
    }
  }

  readonly schedule: ScheduleDraft;
  readonly matrix: MatrixDraft;

  override dispose(): void {
    this.schedule.dispose();
    super.dispose();
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
    this.emitChanged();
  }

  /** What the run would, or may, fail by: to be looked at before it is sent after all. */
  get findings(): readonly Finding[] {
    return this._findings;
  }

  /** Whether to send it once more sends it in spite of the findings. */
  get isSentAnyway(): boolean {
    return this._findings.length > 0 && this._seen === this._asSeen;
  }

  /** The presets of the job that this would be a run of. */
  override get presets(): Record<string, Values> {
    return presetsOf(this._jobs, this.name.trim() || this.inspection.name);
  }

  /** How many runs this makes now. */
  get runCount(): number {
    return this._when === 'now' ? this.matrix.count : 0;
  }

  get matrixProblem(): Problem | null {
    return (
      [...this.refused].find(([input]) => input.startsWith('matrix'))?.[1] ??
      null
    );
  }

  get hasLimitProblem(): boolean {
    return (
      this.schedule.isLimitWrong ||
      LIMITS.some(field => this.refused.has(field))
    );
  }

  override get isValid(): boolean {
    return super.isValid && (this._when !== 'now' || this.matrix.isValid);
  }

  /** What would be sent: only parameters that differ from their defaults. */
  get request(): RunRequest {
    const { plan } = this.plan;
    const environment = this.variables;
    return {
      notebook: this.inspection.notebook,
      name: this.name.trim() || null,
      parameters: this.values,
      kernel: this.kernel,
      register_model: this.registerModel.trim() || null,
      ...(this.registers &&
        Object.keys(plan).length > 0 && { registration: plan }),
      ...(Object.keys(environment).length > 0 && { environment }),
      ...(this.options.changes > 0 && { policies: this.options.policies })
    };
  }

  /** Null where there are findings to be looked at first. */
  protected override async send(): Promise<Submitted | null> {
    if (await this._isHeldBack()) {
      return null;
    }
    const submitted = await this._make();
    return { ...submitted, unsaved: await this._keepPreset(submitted) };
  }

  protected override get hasTrigger(): boolean {
    return this._when !== 'now';
  }

  protected override onTyped(input: string): void {
    this._findings = [];
    super.onTyped(input);
  }

  /** Whether the preflight has found something that nobody has looked at, or that forbids the run. */
  private async _isHeldBack(): Promise<boolean> {
    const { preflight = 'warn' } = this.options.policies;
    if (preflight === 'off' || this.isSentAnyway) {
      return false;
    }
    const { findings } = await this.client
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

  private async _make(): Promise<Submitted> {
    if (this.runCount > 0) {
      return { kind: 'runs', runs: await this._sendMatrix() };
    }
    if (this._when === 'now') {
      return { kind: 'run', run: await this.client.submitRun(this.request) };
    }
    const { cron, timezone, kind, limits, request: trigger } = this.schedule;
    if (kind === 'cron' && Object.keys(limits).length === 0) {
      const schedule = { cron, timezone };
      const job = await this.client.createJob({ ...this.request, schedule });
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
    return this.client.submitMatrix({
      request: { ...request, parameters: Object.fromEntries(others) },
      matrix
    });
  }

  private async _keepPreset(submitted: Submitted): Promise<Problem | null> {
    const name = this.presetName.trim();
    const jobId =
      submitted.kind === 'job'
        ? submitted.job.id
        : submitted.kind === 'run'
          ? submitted.run.job_id
          : submitted.runs[0].job_id;
    return name === ''
      ? null
      : savePreset(this.client, jobId, name, this.values);
  }

  private async _sendTrigger(trigger: TriggerRequest): Promise<Submitted> {
    const job = await this.client.createJob({ ...this.request, trigger });
    const made = job.triggers!.at(-1)!; // The newest is the last.
    return { kind: 'job', job, trigger: { ...made, token: job.token ?? null } };
  }

  private _when: When = 'now';
  private _findings: readonly Finding[] = [];
  private _seen: string | null = null;
}
