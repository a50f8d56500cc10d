import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CommandIDs } from '../commands';
import { IMlops } from '../tokens';
import type { ModelPageWidget } from './widget';

const ARGUMENTS = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', description: 'The registered model.' },
    version: {
      type: 'string',
      description: 'The version to be shown; by default the newest.'
    }
  }
} as const;

/** A page in the main area for each registered model, there again after a reload. */
export const modelPagePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:model-page',
  description: 'Shows a registered model in the main area.',
  autoStart: true,
  requires: [IMlops, IRenderMimeRegistry],
  optional: [ITranslator, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    mlops: IMlops,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const { commands, shell } = app;
    const trans = (translator ?? nullTranslator).load('jupyter_mlops');
    const tracker = new WidgetTracker<ModelPageWidget>({
      namespace: 'jupyter-mlops-model'
    });

    const make = async (name: string) => {
      const [{ ModelPageModel }, { ModelPageWidget }] = await Promise.all([
        import('./model'),
        import('./widget')
      ]);
      const model = new ModelPageModel(mlops.client, mlops.changes, name);
      return new ModelPageWidget(model, commands, rendermime, trans);
    };

    const find = (name: string) =>
      tracker.find(({ model }) => model.name === name);

    commands.addCommand(CommandIDs.openModel, {
      label: trans.__('Open Registered Model'),
      describedBy: { args: ARGUMENTS },
      execute: async args => {
        const name = args.name as string;
        // Another call may have made it while its code was loading.
        let page = find(name);
        if (!page) {
          const made = await make(name);
          page = find(name);
          if (page) {
            made.dispose();
          } else {
            page = made;
            await tracker.add(page);
          }
        }
        if (!page.isAttached) {
          shell.add(page, 'main', { type: 'Registered model' });
        }
        if (typeof args.version === 'string') {
          page.model.select(args.version, 'version');
        }
        shell.activateById(page.id);
        return page;
      }
    });

    void restorer?.restore(tracker, {
      command: CommandIDs.openModel,
      args: ({ model }) => ({ name: model.name }),
      name: ({ model }) => model.name
    });
  }
};
