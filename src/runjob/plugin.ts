import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { asSentence } from '../api/problem';
import { CommandIDs } from '../commands';
import { runAsJobIcon } from '../icons';
import { showToken } from '../jobs/token';
import { attempt } from '../panel/attempt';
import { saveIfChanged } from '../runs/plugin';
import { IMlops } from '../tokens';
import type { Submitted } from './form';

const FILE_BROWSER = 'file-browser';

const ARGUMENTS = {
  type: 'object',
  properties: {
    path: {
      type: 'string',
      description: 'The notebook; by default the one in front.'
    },
    from: {
      type: 'string',
      enum: [FILE_BROWSER],
      description: 'Takes the notebook selected in the file browser.'
    }
  }
} as const;

/** “Run as job…”, in the file browser, the notebook's toolbar and the command palette. */
export const runJobPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:run-as-job',
  description: 'Runs a notebook as a job, now or on a schedule.',
  autoStart: true,
  requires: [IMlops, IDocumentManager, INotebookTracker],
  optional: [IFileBrowserFactory, ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    mlops: IMlops,
    documents: IDocumentManager,
    tracker: INotebookTracker,
    fileBrowsers: IFileBrowserFactory | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): void => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load('jupyter_mlops');

    const pathOf = (args: { path?: unknown; from?: unknown }) => {
      if (typeof args.path === 'string') {
        return args.path;
      }
      if (args.from === FILE_BROWSER) {
        return selectedNotebook(fileBrowsers);
      }
      return tracker.currentWidget?.context.path ?? null;
    };

    commands.addCommand(CommandIDs.runAsJob, {
      label: trans.__('Run as job…'),
      caption: trans.__('Run this notebook as a job, now or on a schedule'),
      icon: runAsJobIcon,
      describedBy: { args: ARGUMENTS },
      isEnabled: args => pathOf(args) !== null,
      execute: async args => {
        const path = pathOf(args);
        if (path !== null) {
          await attempt(async () => {
            await saveIfChanged(documents, path);
            const notebook = app.serviceManager.contents.localPath(path);
            const submitted = await fillIn(mlops, notebook, trans);
            if (submitted) {
              announce(submitted, commands, trans);
              if (submitted.kind === 'job' && submitted.trigger?.token) {
                await showToken(submitted.trigger, mlops.client, trans);
              }
            }
          });
        }
      }
    });
    tracker.currentChanged.connect(() =>
      commands.notifyCommandChanged(CommandIDs.runAsJob)
    );
    palette?.addItem({
      command: CommandIDs.runAsJob,
      category: trans.__('MLOps')
    });
  }
};

function selectedNotebook(factory: IFileBrowserFactory | null): string | null {
  for (const item of factory?.tracker.currentWidget?.selectedItems() ?? []) {
    return item.type === 'notebook' ? item.path : null;
  }
  return null;
}

async function fillIn(
  mlops: IMlops,
  notebook: string,
  trans: TranslationBundle
): Promise<Submitted | null> {
  const { client, panel } = mlops;
  const none = () => ({ items: [] }); // The form does without what it cannot offer.
  const [{ RunJobForm }, { RunJobDialog }, inspection, jobs, channels] =
    await Promise.all([
      import('./form'),
      import('./dialog'),
      client.inspect(notebook),
      client.jobs({ notebook, limit: 200 }).catch(none),
      client.channels().catch(none)
    ]);
  const form = new RunJobForm(client, inspection, jobs.items);
  // eslint-disable-next-line jupyter/require-disposable-ownership -- disposed of in `finally`
  const dialog = new RunJobDialog(form, trans, {
    modelNames: panel.models.items.map(({ name }) => name),
    jobNames: panel.jobs.list.items.map(({ name }) => name),
    channels: channels.items.map(({ name }) => name)
  });
  try {
    await dialog.launch();
    return dialog.submitted;
  } finally {
    dialog.dispose();
    form.dispose();
  }
}

function announce(
  submitted: Submitted,
  commands: CommandRegistry,
  trans: TranslationBundle
): void {
  if (submitted.unsaved) {
    Notification.warning(
      trans.__(
        'The preset could not be kept: %1',
        asSentence(submitted.unsaved)
      ),
      { autoClose: false }
    );
  }
  if (submitted.kind !== 'job') {
    const runs = submitted.kind === 'run' ? [submitted.run] : submitted.runs;
    const [run] = runs;
    const message =
      runs.length === 1
        ? trans.__('“%1” is queued.', run.job_name)
        : trans.__('%1 runs of “%2” are queued.', runs.length, run.job_name);
    Notification.info(message, {
      autoClose: 5000,
      actions: [
        {
          label: trans.__('Show'),
          callback: () =>
            void commands.execute(CommandIDs.showRun, { run: run.id })
        }
      ]
    });
  } else {
    const { job, trigger } = submitted;
    const message = trigger?.description
      ? trans.__('“%1” is ready: %2.', job.name, trigger.description)
      : trans.__('“%1” is on schedule.', job.name);
    Notification.success(message, {
      autoClose: 5000,
      actions: [
        {
          label: trans.__('Show'),
          callback: () => void commands.execute(CommandIDs.showJobs)
        }
      ]
    });
  }
}
