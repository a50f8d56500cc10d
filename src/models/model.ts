import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type {
  ModelList,
  Problem,
  RegisteredModel,
  Registration
} from '../api/types';

/** How many registrations that wait for approval are shown. */
const QUEUE = 50;

/** The registered models of the tracking server, as it last answered. */
export class ModelsModel {
  constructor(private readonly _client: Client) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get items(): readonly RegisteredModel[] {
    return this._answer?.items ?? [];
  }

  get answer(): ModelList | null {
    return this._answer;
  }

  /** Why the back end could not be asked; the tracking server's own trouble is `answer.problem`. */
  get problem(): Problem | null {
    return this._problem;
  }

  /** Whether the tracking server has never answered yet. */
  get isAwaited(): boolean {
    return this._answer !== null && this._answer.answered_at === null;
  }

  /** The registrations that wait for a person's approval. */
  get waiting(): readonly Registration[] {
    return this._waiting;
  }

  /** Approve or reject a version that waits for it. */
  async decide(
    registration: Registration,
    approve: boolean,
    comment: string | null
  ): Promise<void> {
    await this._client.registry.decide(registration.id, approve, comment);
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const asked = ++this._asked;
    try {
      const { registry } = this._client;
      const [answer, waiting] = await Promise.all([
        registry.models(),
        registry.registrations({ state: 'awaiting_approval', limit: QUEUE })
      ]);
      if (asked !== this._asked) {
        return;
      }
      this._answer = answer;
      this._waiting = waiting.items;
      this._problem = null;
    } catch (error) {
      if (asked !== this._asked) {
        return;
      }
      this._problem = asProblem(error);
    }
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _answer: ModelList | null = null;
  private _problem: Problem | null = null;
  private _waiting: readonly Registration[] = [];
  private _asked = 0;
}
