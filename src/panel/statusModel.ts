import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem, EXTENSION_MISSING, UNREACHABLE } from '../api/problem';
import type { Problem, Status } from '../api/types';

/** `missing`: the server answers, our extension does not; `unreachable`: no server answers. */
export type ServerState =
  'asking' | 'ready' | 'missing' | 'unreachable' | 'failed';

/** What the back end says of itself. */
export class StatusModel {
  constructor(
    private readonly _client: Client,
    readonly frontVersion: string
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get server(): ServerState {
    return this._server;
  }

  /** The last answer, kept while the server is away. */
  get status(): Status | null {
    return this._status;
  }

  get problem(): Problem | null {
    return this._problem;
  }

  get hasWorker(): boolean {
    return (this._status?.workers.length ?? 0) > 0;
  }

  get versionsDiffer(): boolean {
    return this._status !== null && this._status.version !== this.frontVersion;
  }

  /** Whether a change of `root` is one of this server. */
  concerns(root: string | null | undefined): boolean {
    return !root || this._status === null || root === this._status.root;
  }

  async refresh(): Promise<void> {
    try {
      this._status = await this._client.status();
      this._server = 'ready';
      this._problem = null;
    } catch (error) {
      this._problem = asProblem(error);
      this._server = SERVER_STATES[this._problem.code] ?? 'failed';
    }
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _server: ServerState = 'asking';
  private _status: Status | null = null;
  private _problem: Problem | null = null;
}

const SERVER_STATES: Record<string, ServerState> = {
  [EXTENSION_MISSING]: 'missing',
  [UNREACHABLE]: 'unreachable'
};
