import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CommandIDs } from '../commands';
import { IMlops, IRecorders } from '../tokens';
import { Recorders } from './recorders';

const SETTINGS = 'jupyter_mlops:plugin';

/** Recording of cells, by the sidebar's switch, the command, or the setting `autoRecord`. */
export const recordingPlugin: JupyterFrontEndPlugin<IRecorders> = {
  id: 'jupyter_mlops:recording',
  description: 'Switches the recording of cell executions in notebooks.',
  autoStart: true,
  provides: IRecorders,
  requires: [IMlops, INotebookTracker],
  optional: [ISettingRegistry, ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    mlops: IMlops,
    tracker: INotebookTracker,
    settingRegistry: ISettingRegistry | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): IRecorders => {
    const { commands, serviceManager } = app;
    const trans = (translator ?? nullTranslator).load('jupyter_mlops');
    const recorders = new Recorders(tracker, ({ context }) => {
      const path = () => serviceManager.contents.localPath(context.path);
      return {
        ask: () => mlops.client.recording(path()),
        switch: on => mlops.client.setRecording(path(), on)
      };
    });
    void settingRegistry?.load(SETTINGS).then(settings => {
      const follow = () =>
        recorders.setAutoRecord(
          settings.get('autoRecord').composite as boolean
        );
      settings.changed.connect(follow);
      follow();
    });
    commands.addCommand(CommandIDs.toggleRecording, {
      label: trans.__('Record the Cells of This Notebook'),
      describedBy: { args: { type: 'object', properties: {} } },
      isToggleable: true,
      isToggled: () => recorders.current?.state === 'on',
      isEnabled: () => {
        const state = recorders.current?.state;
        return state === 'on' || state === 'off' || state === 'refused';
      },
      execute: async () => {
        const recorder = recorders.current;
        await recorder?.setRecording(recorder.state !== 'on');
      }
    });
    recorders.changed.connect(() =>
      commands.notifyCommandChanged(CommandIDs.toggleRecording)
    );
    palette?.addItem({
      command: CommandIDs.toggleRecording,
      category: trans.__('MLOps')
    });
    return recorders;
  }
};
