import { ServerConnection } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';
import type { paths } from './schema';
import { RegistryClient } from './registry';
import { type Path, Transport } from './transport';
import type {
  AttemptList,
  ExecutionPage,
  Job,
  JobChange,
  JobPage,
  JobRequest,
  NewTrigger,
  NotebookInspection,
  NotificationPage,
  OpenCell,
  PreflightAnswer,
  Recording,
  Run,
  RunPage,
  RunRequest,
  SchedulePreview,
  SessionState,
  Status,
  TriggerChange,
  TriggerRequest,
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

  previewSchedule(cron: string, timezone: string): Promise<SchedulePreview> {
    return this._transport.call('/schedule', { query: { cron, timezone } });
  }

  /** What a trigger of any kind would do, in words, with its next fires. */
  previewTrigger(
    kind: string,
    spec: Record<string, unknown>
  ): Promise<SchedulePreview> {
    return this._transport.call('/schedule', {
      query: { kind, spec: JSON.stringify(spec) }
    });
  }

  jobs(query: JobQuery = {}): Promise<JobPage> {
    return this._transport.call('/jobs', { query });
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

  addTrigger(job_id: string, body: TriggerRequest): Promise<NewTrigger> {
    return this._transport.call('/jobs/{job_id}/triggers', {
      method: 'POST',
      ids: { job_id },
      body
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
