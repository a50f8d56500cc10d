import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Client } from './api/client';
import { ChangeFeed } from './live/changeFeed';
import { Inbox } from './notifications/inbox';
import { PanelModel } from './panel/model';
import { IMlops } from './tokens';
import { VERSION } from './version';

/** The back end and its live state, which all other plugins here build on. */
export const mlopsPlugin: JupyterFrontEndPlugin<IMlops> = {
  id: 'jupyter_mlops:plugin',
  description: 'Connects to the jupyter_mlops server extension.',
  autoStart: true,
  provides: IMlops,
  activate: (app: JupyterFrontEnd): IMlops => {
    const { serviceManager } = app;
    const client = new Client(serviceManager.serverSettings);
    const changes = new ChangeFeed(serviceManager.events.stream);
    const panel = new PanelModel(client, changes, VERSION);
    const inbox = new Inbox(client, changes, root =>
      panel.status.concerns(root)
    );
    return { client, changes, panel, inbox };
  }
};
