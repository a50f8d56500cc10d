import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { paths } from './schema';
import { ApiError, readProblem, UNREACHABLE } from './problem';

const BASE = 'jupyter-mlops/api';

export type Path = keyof paths;

type Query = Record<string, string | number | boolean | null | undefined>;

export interface ICall {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** What fills the braces of the path. */
  ids?: Record<string, string>;
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  /** Ends the call, and the reading of its answer. */
  signal?: AbortSignal;
}

/** Calls of the server extension's paths; throws `ApiError`. */
export class Transport {
  constructor(readonly serverSettings: ServerConnection.ISettings) {}

  async call<T>(path: Path, call: ICall = {}): Promise<T> {
    const response = await this.ask(path, call);
    return response.status === 204 ? (undefined as T) : response.json();
  }

  /** Where a path is, its braces filled. */
  urlOf(path: Path, ids: Record<string, string>): string {
    const filled = path.replace(/\{(\w+)\}/g, (_, name) =>
      encodeURIComponent(ids[name])
    );
    return URLExt.join(this.serverSettings.baseUrl, BASE, filled);
  }

  async ask(path: Path, call: ICall): Promise<Response> {
    const { method = 'GET', ids = {}, query = {}, body, ...init } = call;
    const url = this.urlOf(path, ids) + asQuery(query);
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
}

function asQuery(query: Query): string {
  const given = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null
  );
  return given.length
    ? '?' + new URLSearchParams(given.map(([k, v]) => [k, String(v)]))
    : '';
}
