import { type ISignal, Signal } from '@lumino/signaling';
import { asProblem } from './problem';
import type { Problem } from './types';

/**
 * The server's answer to one question, whose subject is named by a key.
 *
 * Another key forgets the answer; a failed refresh keeps it and sets `problem`.
 */
export class Resource<T> {
  constructor(private readonly _fetch: (key: string) => Promise<T>) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get key(): string | null {
    return this._key;
  }

  get value(): T | null {
    return this._value;
  }

  get problem(): Problem | null {
    return this._problem;
  }

  get isLoading(): boolean {
    return this._isLoading;
  }

  /** Ask about a subject, unless it was asked about last. */
  async show(key: string): Promise<void> {
    if (key !== this._key) {
      this._key = key;
      this._value = null;
      this._problem = null;
      await this.refresh();
    }
  }

  /** Ask anew about the same subject, if there is one. */
  async refresh(): Promise<void> {
    const key = this._key;
    if (key === null) {
      return;
    }
    const asked = ++this._asked;
    this._isLoading = true;
    this._changed.emit();
    let value = this._value;
    let problem: Problem | null = null;
    try {
      value = await this._fetch(key);
    } catch (error) {
      problem = asProblem(error);
    }
    if (asked === this._asked) {
      this._value = value;
      this._problem = problem;
      this._isLoading = false;
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _key: string | null = null;
  private _value: T | null = null;
  private _problem: Problem | null = null;
  private _isLoading = false;
  private _asked = 0;
}
