import type { Cell } from '@jupyterlab/cells';
import {
  type INotebookTracker,
  NotebookActions,
  type NotebookPanel
} from '@jupyterlab/notebook';
import { type ISignal, Signal } from '@lumino/signaling';
import { Recorder } from './recorder';

/** One recorder a notebook, made when the notebook is first looked at. */
export class Recorders {
  constructor(private readonly _tracker: INotebookTracker) {
    this._tracker.currentChanged.connect(() => this._changed.emit());
    this._tracker.widgetAdded.connect((_, panel) => this._onOpened(panel));
    NotebookActions.executed.connect((_, { notebook, cell }) => {
      const panel = this._tracker.find(panel => panel.content === notebook);
      if (panel && mentionsUs(cell)) {
        void this.of(panel).probe();
      }
    });
  }

  /** Emitted when another notebook comes to the front, or its recording changes. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The recorder of the notebook in front, or null. */
  get current(): Recorder | null {
    const panel = this._tracker.currentWidget;
    return panel && !panel.isDisposed ? this.of(panel) : null;
  }

  of(panel: NotebookPanel): Recorder {
    const known = this._recorders.get(panel);
    if (known) {
      return known;
    }
    const recorder = new Recorder(panel.sessionContext);
    this._recorders.set(panel, recorder);
    recorder.changed.connect(() => this._changed.emit());
    panel.disposed.connect(() => recorder.dispose());
    return recorder;
  }

  /** Whether every notebook that opens is recorded; switches those open on, and none off. */
  setAutoRecord(isAutomatic: boolean): void {
    this._isAutomatic = isAutomatic;
    if (isAutomatic) {
      this._tracker.forEach(panel => this._onOpened(panel));
    }
  }

  private _onOpened(panel: NotebookPanel): void {
    if (this._isAutomatic) {
      void this.of(panel).setRecording(true);
    }
  }

  private _changed = new Signal<this, void>(this);
  private _recorders = new WeakMap<NotebookPanel, Recorder>();
  private _isAutomatic = false;
}

/** Whether a cell may have loaded or unloaded our extension. */
function mentionsUs(cell: Cell): boolean {
  return cell.model.sharedModel.getSource().includes('jupyter_mlops');
}
