import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import type { LiveEvent, Progress, Run } from '../api/types';
import { OutputTail } from './outputTail';
import { type IServerEvent, readServerEvents } from './serverEvents';

/** `live`: told as it happens; `polling`: asked now and then, without the outputs. */
export type Connection = 'connecting' | 'live' | 'polling' | 'ended';

/** A browser opens six connections to one server, and everything else needs some of them. */
const MAX_STREAMS = 2;

/** Milliseconds between two looks where no stream can be had. */
const POLL_INTERVAL = 2_000;

/** Milliseconds in which what comes is gathered before it is shown. */
const GATHER = 100;

let streams = 0;

/**
 * A run as it goes on: where it is, what it uses and what it puts out.
 *
 * It follows the server's events. Where there are none to be had it asks for the run instead, and tries again.
 */
export class LiveRun implements IDisposable {
  constructor(
    private readonly _client: Client,
    run: Run,
    private readonly _pollInterval = POLL_INTERVAL
  ) {
    this._run = run;
    this._takeProgress(run.progress ?? null);
    void this._follow();
  }

  readonly output = new OutputTail();

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The run as the server last told it. */
  get run(): Run {
    return this._run;
  }

  get connection(): Connection {
    return this._connection;
  }

  /** The cell that runs now, or null between two. */
  get cell(): Progress['cell'] {
    return this._cell;
  }

  /** CPU in percent of one core, memory in bytes; null until they were measured. */
  get resources(): { cpu: number | null; memory: number | null } {
    return this._resources;
  }

  get isDisposed(): boolean {
    return this._abort.signal.aborted;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._abort.abort();
      clearTimeout(this._gathering);
      Signal.clearData(this);
    }
  }

  private async _follow(): Promise<void> {
    while (!this.isDisposed && this._connection !== 'ended') {
      if (streams < MAX_STREAMS) {
        streams += 1;
        try {
          await this._stream();
        } catch {
          // The stream broke, or was refused: asking says what is the matter, if anything is.
        } finally {
          streams -= 1;
        }
      }
      if (!this.isDisposed && !this._hasEnded) {
        await this._poll();
      }
    }
  }

  private async _stream(): Promise<void> {
    const { signal } = this._abort;
    const { body } = await this._client.watchRun(
      this._run.id,
      this._lastEventId,
      signal
    );
    for await (const event of readServerEvents(body!)) {
      if (this.isDisposed) {
        return;
      }
      this._setConnection('live');
      this._take(event);
    }
  }

  private async _poll(): Promise<void> {
    this._setConnection('polling');
    await new Promise(resolve => setTimeout(resolve, this._pollInterval));
    if (this.isDisposed) {
      return;
    }
    try {
      this._takeRun(await this._client.run(this._run.id));
      if (this._run.ended_at !== null) {
        this._setConnection('ended');
      }
    } catch {
      // The panel's header says when the server is away.
    }
  }

  private _take({ name, data, id }: IServerEvent): void {
    if (id !== null) {
      this._takeId(id);
    }
    const facts = JSON.parse(data);
    switch (name) {
      case 'end':
        this._takeRun(facts);
        this._setConnection('ended');
        break;
      case 'run':
        this._takeRun(facts);
        break;
      default:
        this._takeLiveEvent(name, facts);
    }
    this._tell();
  }

  /** An id begins with that of its attempt: another attempt begins with no output. */
  private _takeId(id: string): void {
    const [attempt] = id.split(':');
    if (this._lastEventId && !this._lastEventId.startsWith(`${attempt}:`)) {
      this.output.clear();
    }
    this._lastEventId = id;
  }

  private _takeLiveEvent(name: string, facts: LiveEvent): void {
    switch (name) {
      case 'cell_started':
        this._cell = {
          index: facts.index!,
          cell_id: facts.cell_id ?? null,
          line: facts.line ?? '',
          started_at: facts.at!
        };
        break;
      case 'cell_ended':
        this._cell = null;
        break;
      case 'output':
        this.output.add(facts.name!, facts.text ?? '', facts.dropped);
        break;
      case 'resources':
        this._resources = {
          cpu: facts.cpu_percent ?? null,
          memory: facts.memory_bytes ?? null
        };
        break;
    }
  }

  private _takeRun(run: Run): void {
    this._run = run;
    if (this._connection !== 'live') {
      this._takeProgress(run.progress ?? null);
    }
    this._tell();
  }

  private _takeProgress(progress: Progress | null): void {
    this._cell = progress?.cell ?? null;
    this._resources = {
      cpu: progress?.cpu_percent ?? null,
      memory: progress?.memory_bytes ?? null
    };
  }

  private get _hasEnded(): boolean {
    return this._connection === 'ended';
  }

  private _setConnection(connection: Connection): void {
    if (connection !== this._connection) {
      this._connection = connection;
      this._tell();
    }
  }

  private _tell(): void {
    this._gathering ??= setTimeout(() => {
      this._gathering = undefined;
      this._changed.emit();
    }, GATHER);
  }

  private _changed = new Signal<this, void>(this);
  private _abort = new AbortController();
  private _run: Run;
  private _cell: Progress['cell'] = null;
  private _resources: { cpu: number | null; memory: number | null } = {
    cpu: null,
    memory: null
  };
  private _connection: Connection = 'connecting';
  private _lastEventId: string | null = null;
  private _gathering: ReturnType<typeof setTimeout> | undefined;
}
