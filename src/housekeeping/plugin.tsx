import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import React from 'react';
import { CommandIDs } from '../commands';
import { IMlops } from '../tokens';

/** “Clean up old runs…”, in the sidebar's menu and the command palette. */
export const housekeepingPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:housekeeping',
  description: 'Removes old runs, after it has shown which.',
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
    app.commands.addCommand(CommandIDs.cleanUp, {
      label: trans.__('Clean Up Old Runs…'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: async () => {
        const [{ CleanUp }, { CleanUpView }, { FormDialog }] =
          await Promise.all([
            import('./model'),
            import('./view'),
            import('../panel/formDialog')
          ]);
        const view = <CleanUpView model={new CleanUp(mlops.client)} />;
        const title = trans.__('Clean up old runs');
        await new FormDialog(title, view, trans).launch();
        await mlops.panel.runs.refresh();
      }
    });
    palette?.addItem({
      command: CommandIDs.cleanUp,
      category: trans.__('MLOps')
    });
  }
};
