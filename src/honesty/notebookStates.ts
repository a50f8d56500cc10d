import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { MessageLoop } from '@lumino/messaging';
import type { Client } from '../api/client';
import type { OpenCell } from '../api/types';
import type { ChangeFeed, IBatch } from '../live/changeFeed';
import { PerNotebook } from '../panel/perNotebook';
import type { Recorders } from '../recording/recorders';
import { type IOpenNotebook, NotebookState } from './notebookState';

export interface INotebookStatesOptions {
  client: Client;
  changes: ChangeFeed;
  tracker: INotebookTracker;
  recorders: Recorders;
  /** A path of the contents manager as the server has it. */
  localPath: (path: string) => string;
}

/** The states of open notebooks, judged anew when something ran, was edited or came into view. */
export class NotebookStates extends PerNotebook<NotebookState> {
  constructor(options: INotebookStatesOptions) {
    const path = (panel: NotebookPanel) =>
      options.localPath(panel.context.path);
    super(options.tracker, panel => follow(panel, path, options));
    this._path = path;
    this.tracker.widgetAdded.connect((_, panel) => this.of(panel));
    options.changes.batched.connect((_, batch) => this._onBatch(batch));
  }

  private _onBatch({ changes, missed }: IBatch): void {
    const notebooks = new Set(
      changes
        .filter(({ kind }) => kind === 'execution')
        .map(({ notebook, id }) => notebook ?? id)
    );
    this.tracker.forEach(panel => {
      if (missed || notebooks.has(this._path(panel))) {
        this.of(panel).refresh();
      }
    });
  }

  private readonly _path: (panel: NotebookPanel) => string;
}

/** A state that is judged anew whenever its notebook gives cause to. */
function follow(
  panel: NotebookPanel,
  path: (panel: NotebookPanel) => string,
  { client, recorders }: INotebookStatesOptions
): NotebookState {
  const recorder = recorders.of(panel);
  const state = new NotebookState(
    client,
    new PanelNotebook(
      panel,
      () => path(panel),
      () => recorder.state === 'on'
    )
  );
  const refresh = () => state.refresh();
  const onEdited = () => state.edited();
  const followModel = () => {
    panel.content.model?.contentChanged.connect(onEdited);
  };
  recorder.changed.connect(refresh);
  panel.content.modelChanged.connect(followModel);
  panel.context.pathChanged.connect(refresh);
  followModel();
  MessageLoop.installMessageHook(panel, (_, message) => {
    if (message.type === 'after-show' || message.type === 'after-attach') {
      refresh();
    }
    return true;
  });
  return state;
}

/** A notebook in a JupyterLab panel, read whenever it is asked. */
class PanelNotebook implements IOpenNotebook {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _path: () => string,
    private readonly _isRecorded: () => boolean
  ) {}

  get path(): string {
    return this._path();
  }

  get isRecorded(): boolean {
    return this._isRecorded();
  }

  get isVisible(): boolean {
    return this._panel.isVisible;
  }

  get cells(): OpenCell[] {
    const cells = this._panel.content.model?.sharedModel.cells ?? [];
    return cells
      .filter(cell => cell.cell_type === 'code')
      .map(cell => ({ id: cell.id, source: cell.getSource() }));
  }
}
