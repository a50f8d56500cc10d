import { JSONExt, type JSONValue } from '@lumino/coreutils';
import type { Client } from '../api/client';
import type {
  Job,
  JobChange,
  NotebookInspection,
  Parameter
} from '../api/types';
import { JobForm } from './jobForm';
import { textUnder, type Values } from './presets';

/** A job that is being changed: its form, filled with what it has; sent is only what differs from that. */
export class EditJobForm extends JobForm<Job> {
  constructor(
    client: Client,
    inspection: NotebookInspection,
    readonly job: Job
  ) {
    super(client, inspection);
    this.name = job.name;
    this.kernel = job.kernel;
    this.registerModel = job.register_model ?? '';
    this.options.fill(job.policies ?? {});
    this.fillParameters(this._given);
    this.fillEnvironment(job.environment ?? {});
    this.plan.fill(job.registration ?? {});
    this._kept = (job.presets ?? {}) as Record<string, Values>;
  }

  /** Those of the job that were not dropped. */
  override get presets(): Record<string, Values> {
    return this._kept;
  }

  /** Have the job keep this preset no more, once it is saved. */
  dropPreset(name: string): void {
    const kept = Object.entries(this._kept).filter(([each]) => each !== name);
    this._kept = Object.fromEntries(kept);
    this.onTyped('preset');
  }

  /** The job's parameters that its notebook has no more: saving takes them away. */
  get gone(): string[] {
    const names = this.inspection.parameters.map(({ name }) => name);
    return Object.keys(this._given).filter(name => !names.includes(name));
  }

  /** What differs from the job as it was. */
  get change(): JobChange {
    const { job } = this;
    const wanted: Record<string, unknown> = {
      name: this.name.trim() || job.name,
      parameters: this.values,
      kernel: this.kernel,
      register_model: this.registerModel.trim() || null,
      environment: this.variables,
      registration: this._registration,
      presets: this._presets,
      policies: this.options.replacement ?? job.policies
    };
    const had: Record<string, unknown> = {
      ...job,
      environment: job.environment ?? {},
      registration: job.registration ?? {},
      presets: job.presets ?? {}
    };
    return Object.fromEntries(
      Object.entries(wanted).filter(
        ([name, value]) =>
          !JSONExt.deepEqual(
            (value ?? null) as JSONValue,
            (had[name] ?? null) as JSONValue
          )
      )
    );
  }

  /** As they are to be: what was not typed over is as the job has it, a default or not. */
  protected override get values(): Values {
    const typed = super.values;
    const values: Record<string, JSONValue> = {};
    for (const parameter of this.inspection.parameters) {
      const from = this._isLeft(parameter) ? this._given : typed;
      if (parameter.name in from) {
        values[parameter.name] = from[parameter.name];
      }
    }
    return values;
  }

  protected override async send(): Promise<Job> {
    const { change, job } = this;
    return Object.keys(change).length === 0
      ? job
      : this.client.changeJob(job.id, change);
  }

  private get _given(): Values {
    return this.job.parameters as Values;
  }

  private _isLeft(parameter: Parameter): boolean {
    return this.textOf(parameter) === textUnder(this._given, parameter);
  }

  private get _registration(): unknown {
    return this.registers ? this.plan.plan : (this.job.registration ?? {});
  }

  private get _presets(): Record<string, Values> {
    const name = this.presetName.trim();
    return name === ''
      ? this.presets
      : { ...this.presets, [name]: this.values };
  }

  private _kept: Record<string, Values>;
}
