import { Token } from '@lumino/coreutils';
import type { Client } from './api/client';
import type { NotebookStates } from './honesty/notebookStates';
import type { ChangeFeed } from './live/changeFeed';
import type { Inbox } from './notifications/inbox';
import type { PanelModel } from './panel/model';
import type { PerNotebook } from './panel/perNotebook';
import type { Recorders } from './recording/recorders';
import type { Tracking } from './tracking/model';

/** The back end and its live state, for this extension's plugins and for others. */
export interface IMlops {
  /** The REST interface. */
  readonly client: Client;
  /** What changes on the server, as it changes. */
  readonly changes: ChangeFeed;
  /** What the sidebar shows. */
  readonly panel: PanelModel;
  /** What was told about runs. */
  readonly inbox: Inbox;
}

export const IMlops = new Token<IMlops>(
  'jupyter_mlops:IMlops',
  'Jobs, runs, models and recorded cells of jupyter_mlops, kept up to date.'
);

/** The recording of notebooks, a recorder each. */
export type IRecorders = Recorders;

export const IRecorders = new Token<IRecorders>(
  'jupyter_mlops:IRecorders',
  'Switches the recording of cell executions in open notebooks.'
);

/** Whether what each open notebook shows is still true. */
export type INotebookStates = NotebookStates;

export const INotebookStates = new Token<INotebookStates>(
  'jupyter_mlops:INotebookStates',
  'The state of open notebooks: clean, or which cells are stale and why.'
);

/** The MLflow runs that are active in the kernels of open notebooks. */
export type ITrackings = PerNotebook<Tracking>;

export const ITrackings = new Token<ITrackings>(
  'jupyter_mlops:ITrackings',
  'Starts and stops MLflow runs in the kernels of open notebooks.'
);
