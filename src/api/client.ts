import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';
import type { paths } from './schema';
import { ApiError, readProblem, UNREACHABLE } from './problem';
import type {
  ExecutionPage,
  Job,
  JobChange,
  JobPage,
  JobRequest,
  ModelList,
  NotebookInspection,
  OpenCell,
  Recording,
  Run,
  RunPage,
  RunRequest,
  SchedulePreview,
  SessionState,
  Status
} from './types';

const BASE = 'jupyter-mlops/api';

type Path = keyof paths;
type Query = Record<string, string | number | null | undefined>;

interface ICall {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** What fills the braces of the path. */
  ids?: Record<string, string>;
  query?: Query;
  body?: unknown;
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

  previewSchedule(cron: string, timezone: string): Promise<SchedulePreview> {
    return this._call('/schedule', { query: { cron, timezone } });
  }

  jobs(query: JobQuery = {}): Promise<JobPage> {
    return this._call('/jobs', { query });
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

  run(run_id: string): Promise<Run> {
    return this._call('/runs/{run_id}', { ids: { run_id } });
  }

  cancelRun(run_id: string): Promise<Run> {
    return this._call('/runs/{run_id}/cancel', {
      method: 'POST',
      ids: { run_id }
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

  private async _call<T>(path: Path, call: ICall = {}): Promise<T> {
    const { method = 'GET', ids = {}, query = {}, body } = call;
    const filled = path.replace(/\{(\w+)\}/g, (_, name) =>
      encodeURIComponent(ids[name])
    );
    const url =
      URLExt.join(this.serverSettings.baseUrl, BASE, filled) + asQuery(query);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(
        url,
        { method, body: body === undefined ? null : JSON.stringify(body) },
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
    return response.status === 204 ? (undefined as T) : response.json();
  }

  private _submitted = new Signal<this, Run>(this);
}

function asQuery(query: Query): string {
  const given = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null
  );
  return given.length
    ? '?' + new URLSearchParams(given.map(([k, v]) => [k, String(v)]))
    : '';
}
