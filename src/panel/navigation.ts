import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandIDs } from '../commands';
import type { IMlops } from '../tokens';
import { attempt } from './attempt';
import { isAbsolute } from './paths';
import type { MlopsPanel, SectionId } from './widget';

/** The commands that lead to something: a run, the jobs, a notebook. */
export function addNavigation(
  app: JupyterFrontEnd,
  mlops: IMlops,
  panel: MlopsPanel,
  trans: TranslationBundle
): void {
  const { commands, shell } = app;
  const open = (section: SectionId) => {
    shell.activateById(panel.id);
    panel.expand(section);
  };

  commands.addCommand(CommandIDs.showRun, {
    label: trans.__('Show Run in MLOps'),
    describedBy: { args: oneString('run', 'The id of the run.') },
    execute: args =>
      attempt(async () => {
        const run = await mlops.client.run(args.run as string);
        open('runs');
        await mlops.panel.runs.reveal(run);
      })
  });

  commands.addCommand(CommandIDs.selectRuns, {
    label: trans.__('Select Several Runs'),
    describedBy: { args: { type: 'object', properties: {} } },
    isToggled: () => mlops.panel.runs.selection.isOn,
    execute: () => {
      const { selection } = mlops.panel.runs;
      open('runs');
      selection.isOn = !selection.isOn;
    }
  });

  commands.addCommand(CommandIDs.showJobs, {
    label: trans.__('Show Jobs in MLOps'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: async () => {
      open('jobs');
      await mlops.panel.jobs.refresh();
    }
  });

  commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh MLOps'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => mlops.panel.refresh()
  });

  commands.addCommand(CommandIDs.openNotebook, {
    label: trans.__('Open Notebook'),
    describedBy: { args: oneString('path', 'From the server root.') },
    execute: args =>
      attempt(() => commands.execute('docmanager:open', { path: args.path }))
  });

  commands.addCommand(CommandIDs.openExecuted, {
    label: trans.__('Open Executed Notebook'),
    describedBy: {
      args: oneString('path', 'From the server root, or absolute outside it.')
    },
    execute: async args => {
      const path = args.path as string;
      if (isAbsolute(path)) {
        await showPath(path, trans);
      } else {
        await attempt(() => commands.execute('docmanager:open', { path }));
      }
    }
  });
}

function oneString(name: string, description: string) {
  return {
    type: 'object',
    required: [name],
    properties: { [name]: { type: 'string', description } }
  } as const;
}

/** JupyterLab opens only what is under the server root: say where the file is instead. */
async function showPath(path: string, trans: TranslationBundle): Promise<void> {
  const { button } = await showDialog({
    title: trans.__('The executed notebook is outside the server root'),
    body: path,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Close') }),
      Dialog.okButton({ label: trans.__('Copy path') })
    ]
  });
  if (button.accept) {
    Clipboard.copyToSystem(path);
  }
}
