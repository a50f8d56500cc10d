import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { PagedList } from '../api/pagedList';
import type { Job, Run, Trigger } from '../api/types';

/** The jobs of this server. */
export class JobsModel {
  constructor(private readonly _client: Client) {
    this.list = new PagedList<Job>(page => this._client.jobs(page));
    this.list.changed.connect(() => this._changed.emit());
  }

  readonly list: PagedList<Job>;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  async refresh(): Promise<void> {
    await this.list.refresh();
    await this._describeSchedules();
  }

  /** The schedule in words, or its cron expression while the words are not known. */
  describe(trigger: Trigger): string {
    return this._descriptions.get(trigger.cron) ?? trigger.cron;
  }

  async runNow(job: Job): Promise<Run> {
    const run = await this._client.runJob(job.id);
    await this.refresh();
    return run;
  }

  /** Pause (`active` false) or resume a job's schedule. */
  async setActive(job: Job, active: boolean): Promise<void> {
    await this._client.changeJob(job.id, { active });
    await this.refresh();
  }

  async delete(job: Job): Promise<void> {
    await this._client.deleteJob(job.id);
    await this.refresh();
  }

  async restore(job: Job): Promise<void> {
    await this._client.changeJob(job.id, { deleted: false });
    await this.refresh();
  }

  private async _describeSchedules(): Promise<void> {
    const unknown = new Map(
      this.list.items.flatMap(({ trigger }) =>
        trigger && !this._descriptions.has(trigger.cron)
          ? [[trigger.cron, trigger.timezone] as const]
          : []
      )
    );
    await Promise.all(
      [...unknown].map(async ([cron, timezone]) => {
        const words = await this._client
          .previewSchedule(cron, timezone)
          .then(preview => preview.description)
          .catch(() => null);
        this._descriptions.set(cron, words ?? cron);
      })
    );
    if (unknown.size > 0) {
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _descriptions = new Map<string, string>();
}
