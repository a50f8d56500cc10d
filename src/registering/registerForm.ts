import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type { Problem, Registration, Run } from '../api/types';
import type { ChangeFeed, IBatch } from '../live/changeFeed';
import { PlanDraft } from './planDraft';

/** Milliseconds between two looks at a registration on its way, when no event tells of it. */
const INTERVAL = 1_500;

/** The model of a run that is about to be registered, then on its way. */
export class RegisterForm implements IDisposable {
  constructor(
    private readonly _client: Client,
    private readonly _feed: ChangeFeed,
    readonly run: Run
  ) {
    this._model = run.register_model ?? '';
    this.plan = new PlanDraft(_client.registry, 'champion');
    this.plan.changed.connect(() => this._onTyped());
    this._feed.batched.connect(this._onBatch, this);
    this._poll = new Poll({
      auto: false,
      name: 'jupyter_mlops:registration',
      factory: () => this._look(),
      frequency: { interval: INTERVAL, backoff: false },
      standby: 'when-hidden'
    });
  }

  readonly plan: PlanDraft;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  dispose(): void {
    this._poll.dispose();
    this._feed.batched.disconnect(this._onBatch, this);
    Signal.clearData(this);
  }

  /** The registered model that gets the version. */
  get model(): string {
    return this._model;
  }

  set model(name: string) {
    this._model = name;
    this._onTyped();
  }

  /** What became of it since it was sent; null while the form is open. */
  get registration(): Registration | null {
    return this._registration;
  }

  get isSending(): boolean {
    return this._isSending;
  }

  /** Whether the name of the model is lacking where it was sent. */
  get isModelMissing(): boolean {
    return this.plan.isTried && this._model.trim() === '';
  }

  get modelProblem(): Problem | null {
    return this._problem?.field === 'model' ? this._problem : null;
  }

  /** A refusal that belongs to no input shown. */
  get generalProblem(): Problem | null {
    return this._problem?.field === 'model' ? null : this._problem;
  }

  /** Send it; its way is then to be seen at `registration`. */
  async submit(): Promise<void> {
    this._problem = null;
    this.plan.markTried();
    if (this._isSending || this._model.trim() === '' || !this.plan.isValid) {
      return;
    }
    this._isSending = true;
    this._changed.emit();
    try {
      this._registration = await this._client.registry.register({
        model: this._model.trim(),
        run_id: this.run.id,
        registration: this.plan.plan
      });
      void this._poll.start();
    } catch (error) {
      const problem = asProblem(error);
      this._problem = this.plan.refuse(problem) ? null : problem;
    } finally {
      this._isSending = false;
      this._changed.emit();
    }
  }

  /** Back to the form, with all that was typed: what was refused may pass otherwise. */
  reopen(): void {
    void this._poll.stop();
    this._registration = null;
    this._changed.emit();
  }

  private async _look(): Promise<void> {
    const known = this._registration;
    if (!known) {
      return;
    }
    try {
      const now = await this._client.registry.registration(known.id);
      if (this._registration?.id === now.id) {
        this._registration = now;
        this._problem = null;
      }
    } catch (error) {
      this._problem = asProblem(error);
    }
    if (this._registration?.ended_at) {
      void this._poll.stop();
    }
    this._changed.emit();
  }

  private _onBatch(_: ChangeFeed, { changes, missed }: IBatch): void {
    const isOn = this._registration !== null && !this._registration.ended_at;
    if (isOn && (missed || changes.some(({ kind }) => kind === 'model'))) {
      void this._poll.refresh();
    }
  }

  private _onTyped(): void {
    this._problem = null;
    this._changed.emit();
  }

  private readonly _poll: Poll;
  private _changed = new Signal<this, void>(this);
  private _model: string;
  private _registration: Registration | null = null;
  private _problem: Problem | null = null;
  private _isSending = false;
}
