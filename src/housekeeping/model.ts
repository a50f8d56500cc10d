import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type { Cleaning, HousekeepingOrder, Problem } from '../api/types';

/** The limits, by the server's names. */
export type CleanUpField = 'older_than' | 'keep' | 'max_size';

/** Old runs that are about to go: never before what would go was shown. */
export class CleanUp {
  constructor(private readonly _client: Client) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  textOf(field: CleanUpField): string {
    return this._texts.get(field) ?? '';
  }

  /** Another limit is another question: what was shown holds no longer. */
  setText(field: CleanUpField, text: string): void {
    this._texts.set(field, text);
    this._planned = null;
    this._done = null;
    this._problem = null;
    this._changed.emit();
  }

  /** What would go, once it was asked for. */
  get planned(): Cleaning | null {
    return this._planned;
  }

  /** What has gone. */
  get done(): Cleaning | null {
    return this._done;
  }

  get isBusy(): boolean {
    return this._isBusy;
  }

  problemOf(field: CleanUpField): Problem | null {
    return this._problem?.field === field ? this._problem : null;
  }

  /** A refusal that belongs to no input. */
  get generalProblem(): Problem | null {
    const field = this._problem?.field ?? '';
    return FIELDS.includes(field) ? null : this._problem;
  }

  /** Ask what would go; nothing does. */
  async look(): Promise<void> {
    this._done = null;
    this._planned = await this._ask(true);
    this._changed.emit();
  }

  /** Let go what was shown. */
  async remove(): Promise<void> {
    if (this._planned !== null && !this._isBusy) {
      this._done = await this._ask(false);
      this._planned = null;
      this._changed.emit();
    }
  }

  private async _ask(dry_run: boolean): Promise<Cleaning | null> {
    this._isBusy = true;
    this._problem = null;
    this._changed.emit();
    try {
      return await this._client.clean({ ...this._order, dry_run });
    } catch (error) {
      this._problem = asProblem(error);
      return null;
    } finally {
      this._isBusy = false;
    }
  }

  private get _order(): HousekeepingOrder {
    const [age, keep, size] = FIELDS.map(field =>
      this.textOf(field as CleanUpField).trim()
    );
    return {
      ...(age && { older_than: age }),
      // What is no number is sent as it is, since the server says best what is wrong with it.
      ...(keep && {
        keep: /^\d+$/.test(keep) ? Number(keep) : (keep as unknown as number)
      }),
      ...(size && { max_size: size })
    };
  }

  private _changed = new Signal<this, void>(this);
  private _texts = new Map<CleanUpField, string>();
  private _planned: Cleaning | null = null;
  private _done: Cleaning | null = null;
  private _problem: Problem | null = null;
  private _isBusy = false;
}

const FIELDS: readonly string[] = ['older_than', 'keep', 'max_size'];
