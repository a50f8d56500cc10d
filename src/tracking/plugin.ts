import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  INotebookTracker,
  NotebookActions,
  type NotebookPanel
} from '@jupyterlab/notebook';
import { PerNotebook } from '../panel/perNotebook';
import { ITrackings } from '../tokens';
import { Tracking } from './model';

/** MLflow runs that are started and stopped by hand in the kernels of open notebooks. */
export const trackingPlugin: JupyterFrontEndPlugin<ITrackings> = {
  id: 'jupyter_mlops:tracking',
  description: 'Starts and stops MLflow runs in the kernels of notebooks.',
  autoStart: true,
  provides: ITrackings,
  requires: [INotebookTracker],
  activate: (_: JupyterFrontEnd, tracker: INotebookTracker): ITrackings => {
    const trackings = new PerNotebook(
      tracker,
      view => new Tracking(view.sessionContext, () => save(view))
    );
    NotebookActions.executed.connect((_, { notebook }) => {
      const view = tracker.currentWidget;
      if (view?.content === notebook) {
        void trackings.of(view).probe();
      }
    });
    return trackings;
  }
};

/** Save a notebook that was changed; of one that cannot be written, what is on disk is all there is. */
async function save({ context }: NotebookPanel): Promise<void> {
  const { model } = context;
  if (model.dirty && context.contentsModel?.writable) {
    await context.save();
  }
}
