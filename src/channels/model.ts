import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type { Channel, Problem } from '../api/types';

export type ChannelField = 'channel' | 'address';

/** Why a field cannot be as it is; known without asking the server. */
export type ChannelFault = 'no-name' | 'no-address' | 'in-environment';

/** How a test message went. */
export type TestResult = 'sending' | 'sent' | Problem;

interface IDraft {
  name: string;
  address: string;
}

/** The channels that tell how runs end: their names, never their addresses. */
export class ChannelsModel {
  constructor(private readonly _client: Client) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** By name; null until the server has answered. */
  get items(): readonly Channel[] | null {
    return this._items;
  }

  /** What is typed; an address is held no longer than it takes to send it. */
  get draft(): Readonly<IDraft> {
    return this._draft;
  }

  set(typed: Partial<IDraft>): void {
    this._draft = { ...this._draft, ...typed };
    this._isTried = false;
    this._problem = null;
    this._kept = null;
    this._changed.emit();
  }

  /** Whether what is typed would change a channel that is there. */
  get isChange(): boolean {
    return this._named(this._draft.name.trim())?.source === 'file';
  }

  faultOf(field: ChannelField): ChannelFault | null {
    return this._isTried ? this._faults[field] : null;
  }

  /** What the server refused of a field. */
  problemOf(field: ChannelField): Problem | null {
    return this._problem?.field === field ? this._problem : null;
  }

  /** A refusal that belongs to no field. */
  get generalProblem(): Problem | null {
    const field = this._problem?.field ?? '';
    return ['channel', 'address'].includes(field) ? null : this._problem;
  }

  /** The name of the channel that was just set up. */
  get kept(): string | null {
    return this._kept;
  }

  get isBusy(): boolean {
    return this._isBusy;
  }

  /** How its last test went, null before the first. */
  testOf(name: string): TestResult | null {
    return this._tests.get(name) ?? null;
  }

  /** The channel of which it was asked whether it is really to go. */
  get leaving(): string | null {
    return this._leaving;
  }

  async refresh(): Promise<void> {
    await this._work(async () => undefined);
  }

  /** Set up what is typed, or change the address of the channel of that name. */
  async save(): Promise<void> {
    this._isTried = true;
    const name = this._draft.name.trim();
    const address = this._draft.address.trim();
    if (this._faults.channel || this._faults.address) {
      this._changed.emit();
      return;
    }
    await this._work(async () => {
      await this._client.setChannel(name, address);
      this._draft = { name: '', address: '' };
      this._isTried = false;
      this._kept = name;
      this._tests.delete(name);
    });
  }

  /** Send a test message; what comes of it is told at the channel. */
  async test(name: string): Promise<void> {
    this._tests.set(name, 'sending');
    this._kept = null;
    this._changed.emit();
    const result = await this._client.testChannel(name).then(
      () => 'sent' as const,
      error => asProblem(error)
    );
    this._tests.set(name, result);
    this._changed.emit();
  }

  /** Ask first whether a channel is to go; null takes the question back. */
  askToRemove(name: string | null): void {
    this._leaving = name;
    this._changed.emit();
  }

  /** Forget the channel that was asked of. */
  async remove(): Promise<void> {
    const name = this._leaving;
    this._leaving = null;
    if (name !== null) {
      await this._work(async () => {
        await this._client.removeChannel(name);
        this._tests.delete(name);
      });
    }
  }

  /** Work, then list anew. */
  private async _work(work: () => Promise<void>): Promise<void> {
    this._isBusy = true;
    this._problem = null;
    this._kept = null;
    this._changed.emit();
    try {
      await work();
      this._items = (await this._client.channels()).items;
    } catch (error) {
      this._problem = asProblem(error);
    }
    this._isBusy = false;
    this._changed.emit();
  }

  private _named(name: string): Channel | undefined {
    return this._items?.find(channel => channel.name === name);
  }

  private get _faults(): Record<ChannelField, ChannelFault | null> {
    const name = this._draft.name.trim();
    return {
      channel:
        name === ''
          ? 'no-name'
          : this._named(name)?.source === 'environment'
            ? 'in-environment'
            : null,
      address: this._draft.address.trim() === '' ? 'no-address' : null
    };
  }

  private _changed = new Signal<this, void>(this);
  private _items: readonly Channel[] | null = null;
  private _draft: IDraft = { name: '', address: '' };
  private _isTried = false;
  private _problem: Problem | null = null;
  private _kept: string | null = null;
  private _isBusy = false;
  private _tests = new Map<string, TestResult>();
  private _leaving: string | null = null;
}
