import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

/** Something that follows one notebook as long as it is open. */
export interface IFollower extends IDisposable {
  readonly changed: ISignal<any, void>;
}

/** One follower a notebook's view, made when the view is first looked at. */
export class PerNotebook<T extends IFollower> {
  constructor(
    protected readonly tracker: INotebookTracker,
    private readonly _make: (panel: NotebookPanel) => T
  ) {
    tracker.currentChanged.connect(() => this._changed.emit());
  }

  /** Emitted when another notebook comes to the front, or any follower has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The follower of the notebook in front, or null. */
  get current(): T | null {
    const panel = this.tracker.currentWidget;
    return panel && !panel.isDisposed ? this.of(panel) : null;
  }

  of(panel: NotebookPanel): T {
    const known = this._followers.get(panel);
    if (known) {
      return known;
    }
    const follower = this._make(panel);
    this._followers.set(panel, follower);
    follower.changed.connect(() => this._changed.emit());
    panel.disposed.connect(() => follower.dispose());
    return follower;
  }

  private _changed = new Signal<this, void>(this);
  private _followers = new WeakMap<NotebookPanel, T>();
}
