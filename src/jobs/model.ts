import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { PagedList, searched } from '../api/pagedList';
import type { Job, JobTrigger, NewTrigger, Run } from '../api/types';

/** The jobs of this server. */
export class JobsModel {
  constructor(readonly client: Client) {
    this.list = new PagedList<Job>(page =>
      this.client.jobs({ ...searched(this._search), ...page })
    );
    this.list.changed.connect(() => this._changed.emit());
  }

  readonly list: PagedList<Job>;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What is searched for; empty when all jobs are shown. */
  get search(): string {
    return this._search;
  }

  async setSearch(text: string): Promise<void> {
    this._search = text;
    this._changed.emit();
    await this.list.refresh();
  }

  refresh(): Promise<void> {
    return this.list.refresh();
  }

  async runNow(job: Job): Promise<Run> {
    const run = await this.client.runJob(job.id);
    await this.refresh();
    return run;
  }

  /** Pause (`active` false) or resume one of a job's triggers. */
  async setTriggerActive(trigger: JobTrigger, active: boolean): Promise<void> {
    await this.client.changeTrigger(trigger.id, { active });
    await this.refresh();
  }

  async deleteTrigger(trigger: JobTrigger): Promise<void> {
    await this.client.deleteTrigger(trigger.id);
    await this.refresh();
  }

  /** Let a new token take the place of the one that a trigger has. */
  renewToken(trigger: JobTrigger): Promise<NewTrigger> {
    return this.client.changeTrigger(trigger.id, { token: true });
  }

  async delete(job: Job): Promise<void> {
    await this.client.deleteJob(job.id);
    await this.refresh();
  }

  async restore(job: Job): Promise<void> {
    await this.client.changeJob(job.id, { deleted: false });
    await this.refresh();
  }

  private _search = '';
  private _changed = new Signal<this, void>(this);
}
