import { Token } from '@lumino/coreutils';
import type { Client } from './api/client';
import type { ChangeFeed } from './live/changeFeed';
import type { PanelModel } from './panel/model';
import type { Recorders } from './recording/recorders';

/** The back end and its live state, for this extension's plugins and for others. */
export interface IMlops {
  /** The REST interface. */
  readonly client: Client;
  /** What changes on the server, as it changes. */
  readonly changes: ChangeFeed;
  /** What the sidebar shows. */
  readonly panel: PanelModel;
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
