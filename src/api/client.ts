import { ServerConnection } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';
import type { paths } from './schema';
import { RegistryClient } from './registry';
import { type Path, Transport } from './transport';
import type {
  AttemptList,
  Channel,
  ChannelList,
  Cleaning,
  DefinitionChanges,
  DefinitionExport,
  DefinitionFile,
  ExecutionPage,
  HousekeepingOrder,
  Job,
  JobChange,
  JobPage,
  JobRequest,
  KeptKernel,
  MatrixRequest,
  NewTrigger,
  NotebookInspection,
  NotificationPage,
  OpenCell,
  PreflightAnswer,
  Recording,
  Run,
  RunPage,
  RunRequest,
  RunsAction,
  RunsActionResult,
  SchedulePreview,
  SchedulerImport,
  SchedulerImported,
  SessionState,
  Status,
  TriggerChange,
  UnseenLeft
} from './types';

export type RunQuery = NonNullable<
  paths['/runs']['get']['parameters']['query']
>;
export type JobQuery = NonNullable<
  paths['/jobs']['get']['parameters']['query']
>;
export type ExecutionQuery = NonNullable<
  paths['/executions']['get']['parameters']['query']
>;

/** From when and until when a trigger fires. */
export interface IBetween {
  starts_at?: string | null;
  ends_at?: string | null;
}

export type NotificationQuery = NonNullable<
  paths['/notifications']['get']['parameters']['query']
>;

/** The REST interface of the server extension, typed by its OpenAPI file; throws `ApiError`. */
export class Client {
  constructor(
    readonly serverSettings: ServerConnection.ISettings = ServerConnection.makeSettings()
  ) {
    this._transport = new Transport(serverSettings);
    this.registry = new RegistryClient(this._transport);
  }

  /** What becomes of models. */
  readonly registry: RegistryClient;

  /** Emitted with every run that this page has submitted. */
  get submitted(): ISignal<this, Run> {
    return this._submitted;
  }

  status(): Promise<Status> {
    return this._transport.call('/status');
  }

  inspect(path: string): Promise<NotebookInspection> {
    return this._transport.call('/notebook', { query: { path } });
  }

  previewSchedule(
    cron: string,
    timezone: string,
    between: IBetween = {}
  ): Promise<SchedulePreview> {
    return this._transport.call('/schedule', {
      query: { cron, timezone, ...moments(between) }
    });
  }

  /** What a trigger of any kind would do, in words, with its next fires. */
  previewTrigger(
    kind: string,
    spec: Record<string, unknown>,
    between: IBetween = {}
  ): Promise<SchedulePreview> {
    return this._transport.call('/schedule', {
      query: { kind, spec: JSON.stringify(spec), ...moments(between) }
    });
  }

  jobs(query: JobQuery = {}): Promise<JobPage> {
    return this._transport.call('/jobs', { query });
  }

  job(job_id: string): Promise<Job> {
    return this._transport.call('/jobs/{job_id}', { ids: { job_id } });
  }

  createJob(body: JobRequest): Promise<Job> {
    return this._transport.call('/jobs', { method: 'POST', body });
  }

  changeJob(job_id: string, body: JobChange): Promise<Job> {
    return this._transport.call('/jobs/{job_id}', {
      method: 'PATCH',
      ids: { job_id },
      body
    });
  }

  deleteJob(job_id: string): Promise<void> {
    return this._transport.call('/jobs/{job_id}', {
      method: 'DELETE',
      ids: { job_id }
    });
  }

  changeTrigger(trigger_id: string, body: TriggerChange): Promise<NewTrigger> {
    return this._transport.call('/triggers/{trigger_id}', {
      method: 'PATCH',
      ids: { trigger_id },
      body
    });
  }

  deleteTrigger(trigger_id: string): Promise<void> {
    return this._transport.call('/triggers/{trigger_id}', {
      method: 'DELETE',
      ids: { trigger_id }
    });
  }

  /** The address that is called to fire a trigger of kind `http`. */
  hookAddress(trigger_id: string): string {
    const url = this._transport.urlOf('/hooks/{trigger_id}', { trigger_id });
    return new URL(url, location.href).href;
  }

  /** All jobs as a file of definitions has them. */
  exportDefinitions(): Promise<DefinitionExport> {
    return this._transport.call('/definitions');
  }

  /** What applying a file of definitions would do; nothing is stored. */
  planDefinitions(body: DefinitionFile): Promise<DefinitionChanges> {
    return this._transport.call('/definitions/plan', { method: 'POST', body });
  }

  /** Make the jobs what a file of definitions says, all of it or nothing. */
  applyDefinitions(body: DefinitionFile): Promise<DefinitionChanges> {
    return this._transport.call('/definitions/apply', { method: 'POST', body });
  }

  /** Make jobs of jupyter-scheduler's definitions, or, as a dry run, say what would be made. */
  importScheduler(body: SchedulerImport): Promise<SchedulerImported> {
    return this._transport.call('/definitions/import-scheduler', {
      method: 'POST',
      body
    });
  }

  /** What a run would, or may, fail by; nothing runs. */
  preflight(body: RunRequest): Promise<PreflightAnswer> {
    return this._transport.call('/preflight', { method: 'POST', body });
  }

  async runJob(job_id: string): Promise<Run> {
    const run = await this._transport.call<Run>('/jobs/{job_id}/runs', {
      method: 'POST',
      ids: { job_id }
    });
    this._submitted.emit(run);
    return run;
  }

  runs(query: RunQuery = {}): Promise<RunPage> {
    return this._transport.call('/runs', { query });
  }

  async submitRun(body: RunRequest): Promise<Run> {
    const run = await this._transport.call<Run>('/runs', {
      method: 'POST',
      body
    });
    this._submitted.emit(run);
    return run;
  }

  /** Submit a run for each combination, all or none. */
  async submitMatrix(body: MatrixRequest): Promise<Run[]> {
    const { items } = await this._transport.call<RunPage>('/runs/matrix', {
      method: 'POST',
      body
    });
    items.forEach(run => this._submitted.emit(run));
    return items;
  }

  /** Cancel, delete or re-run many runs; what is refused for one holds up no other. */
  applyToRuns(body: RunsAction): Promise<RunsActionResult> {
    return this._transport.call('/runs/bulk', { method: 'POST', body });
  }

  /** Delete old runs and all that was theirs, or, as a dry run, say which. */
  clean(body: HousekeepingOrder): Promise<Cleaning> {
    return this._transport.call('/housekeeping', { method: 'POST', body });
  }

  run(run_id: string): Promise<Run> {
    return this._transport.call('/runs/{run_id}', { ids: { run_id } });
  }

  cancelRun(run_id: string): Promise<Run> {
    return this._transport.call('/runs/{run_id}/cancel', {
      method: 'POST',
      ids: { run_id }
    });
  }

  /** The tries of a run, the first first. */
  attempts(run_id: string): Promise<AttemptList> {
    return this._transport.call('/runs/{run_id}/attempts', { ids: { run_id } });
  }

  /** Run the same snapshot again, with the same parameters and policies. */
  async rerun(run_id: string): Promise<Run> {
    return this._submit('/runs/{run_id}/rerun', run_id);
  }

  /** Go on from the cell that failed, in the kept kernel, with the notebook as it is now. */
  async resume(run_id: string): Promise<Run> {
    return this._submit('/runs/{run_id}/resume', run_id);
  }

  /** Put a failed run's kept kernel among those that this page can connect to. */
  openKernel(run_id: string): Promise<KeptKernel> {
    return this._transport.call('/runs/{run_id}/kernel', {
      method: 'POST',
      ids: { run_id }
    });
  }

  /** What happens in a run, as a stream of server-sent events after the one named. */
  watchRun(
    run_id: string,
    lastEventId: string | null,
    signal: AbortSignal
  ): Promise<Response> {
    return this._transport.ask('/runs/{run_id}/events', {
      ids: { run_id },
      headers: {
        Accept: 'text/event-stream',
        ...(lastEventId && { 'Last-Event-ID': lastEventId })
      },
      signal
    });
  }

  /** What is to be told in JupyterLab, newest first. */
  notifications(query: NotificationQuery = {}): Promise<NotificationPage> {
    return this._transport.call('/notifications', { query });
  }

  /** Where else than in JupyterLab one can be told. */
  channels(): Promise<ChannelList> {
    return this._transport.call('/notifications/channels');
  }

  /** Set a channel up, or change its address, which is told to nobody again. */
  setChannel(name: string, address: string): Promise<Channel> {
    return this._transport.call('/notifications/channels/{name}', {
      method: 'PUT',
      ids: { name },
      body: { address }
    });
  }

  removeChannel(name: string): Promise<void> {
    return this._transport.call('/notifications/channels/{name}', {
      method: 'DELETE',
      ids: { name }
    });
  }

  /** Send a message by a channel, now; throws when it does not get through. */
  testChannel(name: string): Promise<void> {
    return this._transport.call('/notifications/channels/{name}/test', {
      method: 'POST',
      ids: { name }
    });
  }

  /** Say that these notifications were seen; without ids, all. */
  markSeen(ids?: string[]): Promise<UnseenLeft> {
    return this._transport.call('/notifications/seen', {
      method: 'POST',
      body: ids ? { ids } : {}
    });
  }

  executions(query: ExecutionQuery): Promise<ExecutionPage> {
    return this._transport.call('/executions', { query });
  }

  /** Whether the server records a notebook's kernel. */
  recording(notebook: string): Promise<Recording> {
    return this._transport.call('/recording', { query: { notebook } });
  }

  setRecording(notebook: string, on: boolean): Promise<Recording> {
    return this._transport.call('/recording', {
      method: 'PUT',
      body: { notebook, on }
    });
  }

  /** Whether what a notebook shows is still true, given its code cells from the top. */
  judge(notebook: string, cells: OpenCell[]): Promise<SessionState> {
    return this._transport.call('/session-state', {
      method: 'POST',
      body: { notebook, cells }
    });
  }

  private async _submit(path: Path, run_id: string): Promise<Run> {
    const run = await this._transport.call<Run>(path, {
      method: 'POST',
      ids: { run_id }
    });
    this._submitted.emit(run);
    return run;
  }

  private readonly _transport: Transport;
  private _submitted = new Signal<this, Run>(this);
}

function moments({ starts_at, ends_at }: IBetween): IBetween {
  return { starts_at, ends_at };
}
