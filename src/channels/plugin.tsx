import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import React from 'react';
import { CommandIDs } from '../commands';
import { IMlops } from '../tokens';

/** “Notification channels…”, in the sidebar's menu and the command palette. */
export const channelsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:channels',
  description: 'Sets up, tests and removes the channels that tell of runs.',
  autoStart: true,
  requires: [IMlops],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    mlops: IMlops,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyter_mlops');
    app.commands.addCommand(CommandIDs.channels, {
      label: trans.__('Notification Channels…'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: async () => {
        const [{ ChannelsModel }, { ChannelsView }, { FormDialog }] =
          await Promise.all([
            import('./model'),
            import('./view'),
            import('../panel/formDialog')
          ]);
        const view = <ChannelsView model={new ChannelsModel(mlops.client)} />;
        const title = trans.__('Notification channels');
        await new FormDialog(title, view, trans).launch();
      }
    });
    palette?.addItem({
      command: CommandIDs.channels,
      category: trans.__('MLOps')
    });
  }
};
