import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';
import type { paths } from './schema';
import { ApiError, readProblem, UNREACHABLE } from './problem';
import type {
  AttemptList,
  ChannelList,
  Cleaning,
  ExecutionPage,
  HousekeepingOrder,
  Job,
  JobChange,
  JobPage,
  JobRequest,
  KeptKernel,
  MatrixRequest,
  ModelList,
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
  SessionState,
  Status,
  TriggerChange,
  TriggerRequest,
  UnseenLeft
} from './types';

const BASE = 'jupyter-mlops/api';

type Path = keyof paths;
type Query = Record<string, string | number | boolean | null | undefined>;

interface ICall {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** What fills the braces of the path. */
  ids?: Record<string, string>;
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  /** Ends the call, and the reading of its answer. */
  signal?: AbortSignal;
}

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
  ) {}

  /** Emitted with every run that this page has submitted. */
  get submitted(): ISignal<this, Run> {
    return this._submitted;
  }

  status(): Promise<Status> {
    return this._call('/status');
  }

  inspect(path: string): Promise<NotebookInspection> {
    return this._call('/notebook', { query: { path } });
  }

  previewSchedule(
    cron: string,
    timezone: string,
    between: IBetween = {}
  ): Promise<SchedulePreview> {
    return this._call('/schedule', {
      query: { cron, timezone, ...moments(between) }
    });
  }

  /** What a trigger of any kind would do, in words, with its next fires. */
  previewTrigger(
    kind: string,
    spec: Record<string, unknown>,
    between: IBetween = {}
  ): Promise<SchedulePreview> {
    return this._call('/schedule', {
      query: { kind, spec: JSON.stringify(spec), ...moments(between) }
    });
  }

  jobs(query: JobQuery = {}): Promise<JobPage> {
    return this._call('/jobs', { query });
  }

  job(job_id: string): Promise<Job> {
    return this._call('/jobs/{job_id}', { ids: { job_id } });
  }

  createJob(body: JobRequest): Promise<Job> {
    return this._call('/jobs', { method: 'POST', body });
  }

  changeJob(job_id: string, body: JobChange): Promise<Job> {
    return this._call('/jobs/{job_id}', {
      method: 'PATCH',
      ids: { job_id },
      body
    });
  }

  deleteJob(job_id: string): Promise<void> {
    return this._call('/jobs/{job_id}', { method: 'DELETE', ids: { job_id } });
  }

  addTrigger(job_id: string, body: TriggerRequest): Promise<NewTrigger> {
    return this._call('/jobs/{job_id}/triggers', {
      method: 'POST',
      ids: { job_id },
      body
    });
  }

  changeTrigger(trigger_id: string, body: TriggerChange): Promise<NewTrigger> {
    return this._call('/triggers/{trigger_id}', {
      method: 'PATCH',
      ids: { trigger_id },
      body
    });
  }

  deleteTrigger(trigger_id: string): Promise<void> {
    return this._call('/triggers/{trigger_id}', {
      method: 'DELETE',
      ids: { trigger_id }
    });
  }

  /** What a run would, or may, fail by; nothing runs. */
  preflight(body: RunRequest): Promise<PreflightAnswer> {
    return this._call('/preflight', { method: 'POST', body });
  }

  async runJob(job_id: string): Promise<Run> {
    const run = await this._call<Run>('/jobs/{job_id}/runs', {
      method: 'POST',
      ids: { job_id }
    });
    this._submitted.emit(run);
    return run;
  }

  runs(query: RunQuery = {}): Promise<RunPage> {
    return this._call('/runs', { query });
  }

  async submitRun(body: RunRequest): Promise<Run> {
    const run = await this._call<Run>('/runs', { method: 'POST', body });
    this._submitted.emit(run);
    return run;
  }

  /** Submit a run for each combination, all or none. */
  async submitMatrix(body: MatrixRequest): Promise<Run[]> {
    const { items } = await this._call<RunPage>('/runs/matrix', {
      method: 'POST',
      body
    });
    items.forEach(run => this._submitted.emit(run));
    return items;
  }

  /** Cancel, delete or re-run many runs; what is refused for one holds up no other. */
  applyToRuns(body: RunsAction): Promise<RunsActionResult> {
    return this._call('/runs/bulk', { method: 'POST', body });
  }

  /** Delete old runs and all that was theirs, or, as a dry run, say which. */
  clean(body: HousekeepingOrder): Promise<Cleaning> {
    return this._call('/housekeeping', { method: 'POST', body });
  }

  run(run_id: string): Promise<Run> {
    return this._call('/runs/{run_id}', { ids: { run_id } });
  }

  cancelRun(run_id: string): Promise<Run> {
    return this._call('/runs/{run_id}/cancel', {
      method: 'POST',
      ids: { run_id }
    });
  }

  /** The tries of a run, the first first. */
  attempts(run_id: string): Promise<AttemptList> {
    return this._call('/runs/{run_id}/attempts', { ids: { run_id } });
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
    return this._call('/runs/{run_id}/kernel', {
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
    return this._ask('/runs/{run_id}/events', {
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
    return this._call('/notifications', { query });
  }

  /** Where else than in JupyterLab one can be told. */
  channels(): Promise<ChannelList> {
    return this._call('/notifications/channels');
  }

  /** Say that these notifications were seen; without ids, all. */
  markSeen(ids?: string[]): Promise<UnseenLeft> {
    return this._call('/notifications/seen', {
      method: 'POST',
      body: ids ? { ids } : {}
    });
  }

  executions(query: ExecutionQuery): Promise<ExecutionPage> {
    return this._call('/executions', { query });
  }

  /** Whether the server records a notebook's kernel. */
  recording(notebook: string): Promise<Recording> {
    return this._call('/recording', { query: { notebook } });
  }

  setRecording(notebook: string, on: boolean): Promise<Recording> {
    return this._call('/recording', { method: 'PUT', body: { notebook, on } });
  }

  /** Whether what a notebook shows is still true, given its code cells from the top. */
  judge(notebook: string, cells: OpenCell[]): Promise<SessionState> {
    return this._call('/session-state', {
      method: 'POST',
      body: { notebook, cells }
    });
  }

  models(): Promise<ModelList> {
    return this._call('/models');
  }

  private async _submit(path: Path, run_id: string): Promise<Run> {
    const run = await this._call<Run>(path, {
      method: 'POST',
      ids: { run_id }
    });
    this._submitted.emit(run);
    return run;
  }

  private async _call<T>(path: Path, call: ICall = {}): Promise<T> {
    const response = await this._ask(path, call);
    return response.status === 204 ? (undefined as T) : response.json();
  }

  private async _ask(path: Path, call: ICall): Promise<Response> {
    const { method = 'GET', ids = {}, query = {}, body, ...init } = call;
    const filled = path.replace(/\{(\w+)\}/g, (_, name) =>
      encodeURIComponent(ids[name])
    );
    const url =
      URLExt.join(this.serverSettings.baseUrl, BASE, filled) + asQuery(query);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(
        url,
        {
          method,
          body: body === undefined ? null : JSON.stringify(body),
          ...init
        },
        this.serverSettings
      );
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new ApiError(
        { message, code: UNREACHABLE, field: null, hint: null },
        0
      );
    }
    if (!response.ok) {
      throw await readProblem(response);
    }
    return response;
  }

  private _submitted = new Signal<this, Run>(this);
}

function moments({ starts_at, ends_at }: IBetween): Query {
  return { starts_at, ends_at };
}

function asQuery(query: Query): string {
  const given = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null
  );
  return given.length
    ? '?' + new URLSearchParams(given.map(([k, v]) => [k, String(v)]))
    : '';
}
