import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type {
  PredictionRequest,
  Predictions,
  Problem,
  Serving
} from '../api/types';

/** Milliseconds between two looks at what is served: its log and health are told by nobody. */
const INTERVAL = 1_500;

/** What of one registered model is served from the server's machine. */
export class ServingModel implements IDisposable {
  constructor(
    private readonly _client: Client,
    readonly name: string
  ) {
    this._poll = new Poll({
      auto: false,
      name: `jupyter_mlops:serving-${name}`,
      factory: () => this.refresh(),
      frequency: { interval: INTERVAL, backoff: false },
      standby: () => (this._isWatched ? 'when-hidden' : true)
    });
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  dispose(): void {
    this._poll.dispose();
    Signal.clearData(this);
  }

  /** Whether somebody looks; nothing is asked while nobody does. */
  setWatched(isWatched: boolean): void {
    if (isWatched === this._isWatched) {
      return;
    }
    this._isWatched = isWatched;
    if (isWatched) {
      void this._poll.start();
      void this._poll.refresh();
    }
  }

  /** What serves a version now, or has last failed to. */
  of(version: string): Serving | null {
    const ours = this._servings.filter(
      serving => serving.version === version && serving.state !== 'stopped'
    );
    return ours.find(isAlive) ?? ours[0] ?? null;
  }

  get problem(): Problem | null {
    return this._problem;
  }

  async refresh(): Promise<void> {
    if (!this._isWatched) {
      return;
    }
    const asked = ++this._asked;
    let servings = this._servings;
    let problem: Problem | null = null;
    try {
      const all = await this._client.registry.servings();
      const ours = all.filter(({ model }) => model === this.name);
      servings = await Promise.all(ours.map(each => this._withLog(each)));
    } catch (error) {
      problem = asProblem(error);
    }
    // What was asked before a start or a stop, and answered after it, is not so any more.
    if (asked === this._asked) {
      this._servings = servings;
      this._problem = problem;
      this._changed.emit();
    }
  }

  async start(version: string): Promise<void> {
    await this._client.registry.serve({ model: this.name, version });
    await this.refresh();
  }

  async stop({ id }: Serving): Promise<void> {
    await this._client.registry.stopServing(id);
    await this.refresh();
  }

  predict({ id }: Serving, body: PredictionRequest): Promise<Predictions> {
    return this._client.registry.predict(id, body);
  }

  /** A list may spare the logs; one that is gone meanwhile stays as the list had it. */
  private _withLog(serving: Serving): Promise<Serving> {
    return serving.log.length > 0
      ? Promise.resolve(serving)
      : this._client.registry.serving(serving.id).catch(() => serving);
  }

  private readonly _poll: Poll;
  private _changed = new Signal<this, void>(this);
  private _servings: readonly Serving[] = [];
  private _problem: Problem | null = null;
  private _isWatched = false;
  private _asked = 0;
}

/** Whether a server process is, or will be, there. */
export function isAlive({ state }: Serving): boolean {
  return state === 'starting' || state === 'ready';
}
