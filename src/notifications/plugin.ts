import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { Notice } from '../api/types';
import { CommandIDs } from '../commands';
import { RunWatch } from '../live/runWatch';
import { IMlops } from '../tokens';
import { firstLineOf } from './view';

const SETTINGS = 'jupyter_mlops:plugin';

/** Toasts what is told about runs as it comes, unless the setting `showNotifications` is off. */
export const notificationsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:notifications',
  description: 'Tells what becomes of runs.',
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

    const toast = (isGood: boolean, message: string, run: string | null) => {
      if (!isWanted) {
        return;
      }
      const show = {
        label: trans.__('Show'),
        callback: () => void commands.execute(CommandIDs.showRun, { run })
      };
      const actions = run === null ? [] : [show];
      if (isGood) {
        Notification.success(message, { actions, autoClose: 5000 });
      } else {
        Notification.error(message, { actions, autoClose: false });
      }
    };

    // A success can be told by a job's policy, and because this page has asked for the run.
    const toldSuccesses = new Set<string>();
    const isFirst = (run: string) =>
      !toldSuccesses.has(run) && Boolean(toldSuccesses.add(run));

    mlops.inbox.arrived.connect((_, notice) => {
      const isEnd = ['succeeded', 'recovered'].includes(notice.event);
      if (!isEnd || notice.run_id === null || isFirst(notice.run_id)) {
        toast(isGood(notice), inWords(notice), notice.run_id);
      }
    });

    const watch = new RunWatch(mlops.client, mlops.changes, root =>
      mlops.panel.status.concerns(root)
    );
    watch.succeeded.connect((_, run) => {
      if (isFirst(run.id)) {
        toast(true, trans.__('“%1” succeeded.', run.job_name), run.id);
      }
    });

    void app.restored.then(() => mlops.inbox.refresh());
  }
};

function isGood({ event }: Notice): boolean {
  return [
    'started',
    'succeeded',
    'recovered',
    'awaiting_approval',
    'promoted'
  ].includes(event);
}

function inWords(notice: Notice): string {
  return isGood(notice)
    ? notice.title
    : `${notice.title}: ${firstLineOf(notice)}`;
}
