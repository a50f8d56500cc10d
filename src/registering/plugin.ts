import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import { CommandIDs } from '../commands';
import { attempt } from '../panel/attempt';
import { IMlops } from '../tokens';

const ARGUMENTS = {
  type: 'object',
  required: ['run'],
  properties: { run: { type: 'string', description: 'The id of the run.' } }
} as const;

/** “Register…”: the model of a run that has ended becomes a version, behind gates. */
export const registeringPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:register-model',
  description: 'Registers the model of a run, behind gates.',
  autoStart: true,
  requires: [IMlops],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    mlops: IMlops,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyter_mlops');
    app.commands.addCommand(CommandIDs.registerModel, {
      label: trans.__('Register Model…'),
      describedBy: { args: ARGUMENTS },
      execute: args =>
        attempt(async () => {
          const opened = await register(mlops, args.run as string, trans);
          if (opened) {
            await app.commands.execute(CommandIDs.openModel, opened);
          }
        })
    });
  }
};

/** Show the dialog; returns the model whose page is to be opened, if one asked for it. */
async function register(
  mlops: IMlops,
  run_id: string,
  trans: TranslationBundle
): Promise<{ name: string; version?: string } | null> {
  const [{ RegisterForm }, { RegisterDialog }, run] = await Promise.all([
    import('./registerForm'),
    import('./dialog'),
    mlops.client.run(run_id)
  ]);
  const form = new RegisterForm(mlops.client, mlops.changes, run);
  const { models } = mlops.panel;
  const names = models.items.map(({ name }) => name);
  const dialog = new RegisterDialog(form, trans, names);
  await dialog.launch().finally(() => {
    dialog.dispose();
    form.dispose();
  });
  void models.refresh();
  const { registration } = form;
  return dialog.isPageAsked && registration
    ? {
        name: registration.model,
        ...(registration.version && { version: registration.version })
      }
    : null;
}
