import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IMlops, INotebookStates, IRecorders } from '../tokens';
import { NotebookStates } from './notebookStates';

/** Whether what open notebooks show is still true, for the sidebar and the badges. */
export const honestyPlugin: JupyterFrontEndPlugin<INotebookStates> = {
  id: 'jupyter_mlops:honesty',
  description: 'Judges whether what open notebooks show is still true.',
  autoStart: true,
  provides: INotebookStates,
  requires: [IMlops, IRecorders, INotebookTracker],
  activate: (
    app: JupyterFrontEnd,
    mlops: IMlops,
    recorders: IRecorders,
    tracker: INotebookTracker
  ): INotebookStates => {
    const { contents } = app.serviceManager;
    return new NotebookStates({
      client: mlops.client,
      changes: mlops.changes,
      tracker,
      recorders,
      localPath: path => contents.localPath(path)
    });
  }
};
