import type { Cell } from '@jupyterlab/cells';
import {
  type INotebookTracker,
  NotebookActions,
  type NotebookPanel
} from '@jupyterlab/notebook';
import { PerNotebook } from '../panel/perNotebook';
import { type IServerRecording, Recorder } from './recorder';

/** The recorders of the open notebooks. */
export class Recorders extends PerNotebook<Recorder> {
  /**
   * @param tracker - of the open notebooks.
   * @param serverRecording - how the server records the notebook of a view.
   */
  constructor(
    tracker: INotebookTracker,
    serverRecording: (panel: NotebookPanel) => IServerRecording
  ) {
    super(
      tracker,
      panel => new Recorder(panel.sessionContext, serverRecording(panel))
    );
    tracker.widgetAdded.connect((_, panel) => this._onOpened(panel));
    NotebookActions.executed.connect((_, { notebook, cell }) => {
      const panel = tracker.find(panel => panel.content === notebook);
      if (panel && mentionsUs(cell)) {
        void this.of(panel).probe();
      }
    });
  }

  /** Whether every notebook that opens is recorded; switches those open on, and none off. */
  setAutoRecord(isAutomatic: boolean): void {
    this._isAutomatic = isAutomatic;
    if (isAutomatic) {
      this.tracker.forEach(panel => this._onOpened(panel));
    }
  }

  private _onOpened(panel: NotebookPanel): void {
    if (this._isAutomatic) {
      void this.of(panel).setRecording(true);
    }
  }

  private _isAutomatic = false;
}

/** Whether a cell may have loaded or unloaded our extension. */
function mentionsUs(cell: Cell): boolean {
  return cell.model.sharedModel.getSource().includes('jupyter_mlops');
}
