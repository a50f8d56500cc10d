import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { INotebookStates } from '../tokens';
import { NotebookBadges } from './notebookBadges';

const SETTINGS = 'jupyter_mlops:plugin';

/** Badges below the prompts of recorded cells, unless the setting `showBadges` says no. */
export const badgesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:badges',
  description:
    'Shows beside each cell how it last ran, and whether it is stale.',
  autoStart: true,
  requires: [INotebookStates, INotebookTracker],
  optional: [ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    states: INotebookStates,
    tracker: INotebookTracker,
    settingRegistry: ISettingRegistry | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyter_mlops');
    const badges = new Map<NotebookPanel, NotebookBadges>();
    let areShown = settingRegistry === null;

    const follow = (panel: NotebookPanel) => {
      if (areShown && !badges.has(panel)) {
        const state = states.of(panel);
        badges.set(panel, new NotebookBadges(panel, state, trans));
        panel.disposed.connect(() => badges.delete(panel));
      }
    };
    const show = (isWanted: boolean) => {
      areShown = isWanted;
      if (isWanted) {
        tracker.forEach(follow);
      } else {
        badges.forEach(each => each.dispose());
        badges.clear();
      }
    };

    tracker.widgetAdded.connect((_, panel) => follow(panel));
    show(areShown);
    void settingRegistry?.load(SETTINGS).then(settings => {
      const obey = () => show(settings.get('showBadges').composite as boolean);
      settings.changed.connect(obey);
      obey();
    });
  }
};
