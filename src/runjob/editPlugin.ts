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
  required: ['job'],
  properties: { job: { type: 'string', description: 'The id of the job.' } }
} as const;

/** “Edit…” of a job, in its row in the sidebar. */
export const editJobPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:edit-job',
  description: 'Changes what a job runs, and how.',
  autoStart: true,
  requires: [IMlops],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    mlops: IMlops,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyter_mlops');
    app.commands.addCommand(CommandIDs.editJob, {
      label: trans.__('Edit Job…'),
      describedBy: { args: ARGUMENTS },
      execute: args => attempt(() => edit(mlops, args.job as string, trans))
    });
  }
};

/** Show the job's form; once it is closed, the sidebar's list shows the job as it is then. */
async function edit(
  { client, panel }: IMlops,
  jobId: string,
  trans: TranslationBundle
): Promise<void> {
  const job = await client.job(jobId);
  const none = () => ({ items: [] }); // The form does without what it cannot offer.
  const [{ EditJobForm }, { EditJobDialog }, inspection, channels] =
    await Promise.all([
      import('./editForm'),
      import('./editDialog'),
      client.inspect(job.notebook),
      client.channels().catch(none)
    ]);
  const form = new EditJobForm(client, inspection, job);
  // eslint-disable-next-line jupyter/require-disposable-ownership -- disposed of in `finally`
  const dialog = new EditJobDialog(form, trans, {
    modelNames: panel.models.items.map(({ name }) => name),
    channels: channels.items.map(({ name }) => name)
  });
  try {
    await dialog.launch();
  } finally {
    dialog.dispose();
    form.dispose();
  }
  await panel.jobs.refresh();
}
