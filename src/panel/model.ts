import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import { CellsModel } from '../cells/model';
import type { Client } from '../api/client';
import { JobsModel } from '../jobs/model';
import type {
  ChangeFeed,
  ChangeKind,
  IBatch,
  IChange
} from '../live/changeFeed';
import { ModelsModel } from '../models/model';
import { RunsModel } from '../runs/model';
import { StatusModel } from './statusModel';

/** Milliseconds between two looks at the server when no event comes. */
const FALLBACK_INTERVAL = 30_000;

/** Milliseconds after which a tracking server that has never answered is asked again. */
const FIRST_ANSWER_INTERVAL = 5_000;

/**
 * All that the sidebar shows, kept up to date while it is visible.
 *
 * Events say what to fetch. The slow poll is for what events cannot say: that the server is gone, or
 * that it came back and changed in between.
 */
export class PanelModel implements IDisposable {
  constructor(
    readonly client: Client,
    private readonly _feed: ChangeFeed,
    frontVersion: string
  ) {
    this.status = new StatusModel(client, frontVersion);
    this.cells = new CellsModel(client);
    this.runs = new RunsModel(client);
    this.jobs = new JobsModel(client);
    this.models = new ModelsModel(client);
    this._feed.batched.connect(this._onBatch, this);
    this.models.changed.connect(this._onModels, this);
    this._poll = new Poll({
      auto: false,
      name: 'jupyter_mlops:fallback',
      factory: () => this.refresh(),
      frequency: { interval: FALLBACK_INTERVAL, backoff: false },
      standby: () => (this._isVisible ? 'when-hidden' : true)
    });
  }

  readonly status: StatusModel;
  readonly cells: CellsModel;
  readonly runs: RunsModel;
  readonly jobs: JobsModel;
  readonly models: ModelsModel;

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._poll.dispose();
    clearTimeout(this._firstAnswer);
    this._feed.batched.disconnect(this._onBatch, this);
    Signal.clearData(this);
  }

  /** Whether the sidebar can be seen; nothing is fetched while it cannot. */
  setVisible(isVisible: boolean): void {
    if (isVisible === this._isVisible) {
      return;
    }
    this._isVisible = isVisible;
    if (isVisible) {
      void this._poll.start();
      void this._poll.refresh();
    }
  }

  /** The notebook that is in front, or null. */
  setNotebook(path: string | null): void {
    const cellsDiffer = this.cells.setNotebook(path);
    const runsDiffer = this.runs.setNotebook(path);
    if (this._isVisible && cellsDiffer) {
      void this.cells.refresh();
    }
    if (this._isVisible && runsDiffer) {
      void this.runs.refresh();
    }
  }

  /** Fetch everything; lists only when the server extension answers. */
  async refresh(): Promise<void> {
    await this.status.refresh();
    if (this.status.server === 'ready') {
      await Promise.all([
        this.cells.refresh(),
        this.runs.refresh(),
        this.jobs.refresh(),
        this.models.refresh()
      ]);
    }
  }

  private _onBatch(_: ChangeFeed, batch: IBatch): void {
    if (!this._isVisible) {
      return;
    }
    if (batch.missed) {
      void this.refresh();
      return;
    }
    const ours = batch.changes.filter(change =>
      this.status.concerns(change.root)
    );
    const kinds = new Set(ours.map(change => change.kind));
    for (const kind of kinds) {
      this._refreshKind(
        kind,
        ours.filter(change => change.kind === kind)
      );
    }
  }

  private _refreshKind(kind: ChangeKind, changes: readonly IChange[]): void {
    switch (kind) {
      case 'run':
        void this.runs.refresh();
        void this.jobs.refresh();
        break;
      case 'job':
        void this.jobs.refresh();
        break;
      case 'model':
        void this.models.refresh();
        break;
      case 'execution':
        if (changes.some(change => this._isOfOpenNotebook(change))) {
          void this.cells.refresh();
        }
        break;
      case 'worker':
        void this.status.refresh();
        break;
    }
  }

  /** A tracking server that is starting tells nobody when it is ready. */
  private _onModels(): void {
    clearTimeout(this._firstAnswer);
    if (this._isVisible && this.models.isAwaited) {
      this._firstAnswer = setTimeout(
        () => void this.models.refresh(),
        FIRST_ANSWER_INTERVAL
      );
    }
  }

  private _isOfOpenNotebook(change: IChange): boolean {
    return (change.notebook ?? change.id) === this.cells.notebook;
  }

  private _isVisible = false;
  private readonly _poll: Poll;
  private _firstAnswer: ReturnType<typeof setTimeout> | undefined;
}
