import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type { ModelList, Problem, RegisteredModel } from '../api/types';

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

  isFolded(name: string): boolean {
    return this._folded.has(name);
  }

  toggle(name: string): void {
    if (!this._folded.delete(name)) {
      this._folded.add(name);
    }
    this._changed.emit();
  }

  async refresh(): Promise<void> {
    const asked = ++this._asked;
    try {
      const answer = await this._client.registry.models();
      if (asked !== this._asked) {
        return;
      }
      this._answer = answer;
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
  private _folded = new Set<string>();
  private _asked = 0;
}
