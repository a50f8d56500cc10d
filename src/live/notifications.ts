import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { Run } from '../api/types';
import { CommandIDs } from '../commands';
import { IMlops } from '../tokens';
import { RunWatch } from './runWatch';

const SETTINGS = 'jupyter_mlops:plugin';

/** Says when a run has ended, unless the setting `showNotifications` is off. */
export const notificationsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:notifications',
  description: 'Notifies of runs that have ended.',
  autoStart: true,
  requires: [IMlops],
  optional: [ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    mlops: IMlops,
    settingRegistry: ISettingRegistry | null,
    translator: ITranslator | null
  ): void => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load('jupyter_mlops');
    let isWanted = true;
    void settingRegistry?.load(SETTINGS).then(settings => {
      const follow = () => {
        isWanted = settings.get('showNotifications').composite as boolean;
      };
      settings.changed.connect(follow);
      follow();
    });

    const notify = (run: Run) => {
      const succeeded = run.state === 'succeeded';
      const message = succeeded
        ? trans.__('“%1” succeeded.', run.job_name)
        : trans.__(
            '“%1” did not succeed: %2',
            run.job_name,
            run.message ?? run.state
          );
      const actions = [
        {
          label: trans.__('Show'),
          callback: () =>
            void commands.execute(CommandIDs.showRun, { run: run.id })
        }
      ];
      if (succeeded) {
        Notification.success(message, { actions, autoClose: 5000 });
      } else {
        Notification.error(message, { actions, autoClose: false });
      }
    };

    const watch = new RunWatch(mlops.client, mlops.changes, root =>
      mlops.panel.status.concerns(root)
    );
    watch.ended.connect((_, run) => {
      if (isWanted) {
        notify(run);
      }
    });
  }
};
