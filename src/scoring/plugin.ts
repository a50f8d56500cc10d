import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CommandIDs } from '../commands';
import { IMlops } from '../tokens';

const ARGUMENTS = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', description: 'The registered model.' }
  }
} as const;

/** A notebook that scores a table with a registered model, for “Run as job…”. */
export const scoringPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:scoring',
  description: 'Writes notebooks that score tables with a registered model.',
  autoStart: true,
  requires: [IMlops],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    mlops: IMlops,
    translator: ITranslator | null
  ): void => {
    const { commands } = app;
    const { client } = mlops;
    const trans = (translator ?? nullTranslator).load('jupyter_mlops');
    commands.addCommand(CommandIDs.scoreTable, {
      label: trans.__('Score a Table…'),
      describedBy: { args: ARGUMENTS },
      execute: async args => {
        const name = args.name as string;
        const [{ askForScoring }, { ScoringDraft }, page] = await Promise.all([
          import('./dialog'),
          import('./draft'),
          client.registry.model(name)
        ]);
        const draft = new ScoringDraft(client.registry, page);
        const path = await askForScoring(draft, name, trans);
        return path && commands.execute('docmanager:open', { path });
      }
    });
  }
};
