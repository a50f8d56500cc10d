import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { type CellAddress, showCell } from '../cells/showCell';
import { IMlops, INotebookStates, IRecorders, ITrackings } from '../tokens';
import { rememberFolding } from './folding';
import { addNavigation } from './navigation';
import { MlopsPanel } from './widget';

/** The sidebar panel, which follows the notebook in front. */
export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:panel',
  description: 'Shows cells, runs, jobs and models in the left sidebar.',
  autoStart: true,
  requires: [IMlops, IRecorders, INotebookStates, ITrackings, INotebookTracker],
  optional: [ITranslator, ILayoutRestorer, IStateDB],
  activate: (
    app: JupyterFrontEnd,
    mlops: IMlops,
    recorders: IRecorders,
    states: INotebookStates,
    trackings: ITrackings,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    state: IStateDB | null
  ): void => {
    const language = translator ?? nullTranslator;
    const trans = language.load('jupyter_mlops');
    const panel = new MlopsPanel({
      model: mlops.panel,
      inbox: mlops.inbox,
      recorders,
      states,
      trackings,
      commands: app.commands,
      translator: language,
      showCell: address => void show(address)
    });
    app.shell.add(panel, 'left', { rank: 450, type: 'MLOps' });
    restorer?.add(panel, panel.id);
    if (state) {
      void app.restored.then(() => rememberFolding(panel, state));
    }
    addNavigation(app, mlops, panel, trans);
    followNotebook(app, tracker, path => mlops.panel.setNotebook(path));

    const show = async (address: CellAddress) => {
      const notebook = tracker.currentWidget;
      if (!notebook) {
        return;
      }
      app.shell.activateById(notebook.id);
      if (!(await showCell(notebook, address))) {
        Notification.info(trans.__('This cell is no longer in the notebook.'), {
          autoClose: 4000
        });
      }
    };
  }
};

/** Tell the path, from the server root, of the notebook in front, whenever it becomes another. */
function followNotebook(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  tell: (path: string | null) => void
): void {
  const { contents } = app.serviceManager;
  let followed: NotebookPanel | null = null;
  const tellPath = () =>
    tell(followed ? contents.localPath(followed.context.path) : null);
  const follow = () => {
    if (followed && !followed.isDisposed) {
      followed.context.pathChanged.disconnect(tellPath);
    }
    followed = tracker.currentWidget;
    followed?.context.pathChanged.connect(tellPath);
    tellPath();
  };
  tracker.currentChanged.connect(follow);
  follow();
}
