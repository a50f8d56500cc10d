import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { showCell } from '../cells/showCell';
import { CommandIDs } from '../commands';

/** From a run to its notebook: to the cell that failed, and from the screen to disk before the next run. */
export const runsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:runs',
  description: 'Leads from a failed run to its notebook and back.',
  autoStart: true,
  requires: [IDocumentManager, INotebookTracker],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    tracker: INotebookTracker,
    translator: ITranslator | null
  ): void => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load('jupyter_mlops');

    commands.addCommand(CommandIDs.saveNotebook, {
      label: trans.__('Save Notebook If Changed'),
      describedBy: { args: PATH },
      execute: async args => {
        await saveIfChanged(documents, args.path as string);
      }
    });

    commands.addCommand(CommandIDs.fixCell, {
      label: trans.__('Open Notebook at the Failed Cell'),
      describedBy: { args: CELL },
      execute: async args => {
        const path = args.path as string;
        await commands.execute('docmanager:open', { path });
        await showFailed(path, args.cell);
      }
    });

    commands.addCommand(CommandIDs.openInKernel, {
      label: trans.__('Open Failed Notebook in Its Kernel'),
      describedBy: { args: CELL_IN_KERNEL },
      execute: async args => {
        const { contents } = app.serviceManager;
        const path = await workingCopy(contents, args.path as string);
        const kernel = { id: args.kernel as string };
        const open = notebookAt(path);
        await commands.execute('docmanager:open', { path, kernel });
        if (open && open.sessionContext.session?.kernel?.id !== kernel.id) {
          await open.sessionContext.changeKernel(kernel);
        }
        await showFailed(path, args.cell);
      }
    });

    const notebookAt = (path: string) =>
      tracker.find(({ context }) => context.path === path);

    const showFailed = async (path: string, cell: unknown) => {
      const panel = notebookAt(path);
      if (panel && typeof cell === 'string') {
        await panel.context.ready;
        await panel.revealed;
        await showCell(panel, { cell_id: cell, key_kind: 'id', source: '' });
      }
    };
  }
};

/**
 * The notebook in which to work on from where a run has failed.
 *
 * It is a copy beside the run's own, which stays the record of what was executed: JupyterLab saves as one works.
 */
export async function workingCopy(
  contents: Pick<Contents.IManager, 'get' | 'copy' | 'rename'>,
  path: string
): Promise<string> {
  const dir = PathExt.dirname(path);
  const ext = PathExt.extname(path);
  const name = `${PathExt.basename(path, ext)}-worked-on${ext}`;
  const copy = PathExt.join(dir, name);
  const isThere = await contents.get(copy, { content: false }).then(
    () => true,
    () => false
  );
  if (!isThere) {
    const made = await contents.copy(path, dir);
    await contents.rename(made.path, copy);
  }
  return copy;
}

/** A job runs what is on disk: put there what is on screen. */
export async function saveIfChanged(
  documents: IDocumentManager,
  path: string
): Promise<void> {
  const widget = documents.findWidget(path, null);
  const context = widget && documents.contextForWidget(widget);
  if (context?.model.dirty) {
    await context.save();
  }
}

const PATH = {
  type: 'object',
  required: ['path'],
  properties: {
    path: { type: 'string', description: 'From the server root.' }
  }
} as const;

const CELL = {
  ...PATH,
  properties: {
    ...PATH.properties,
    cell: { type: ['string', 'null'], description: 'The id of the cell.' }
  }
} as const;

const CELL_IN_KERNEL = {
  ...CELL,
  required: ['path', 'kernel'],
  properties: {
    ...CELL.properties,
    kernel: { type: 'string', description: 'The id of the kernel.' }
  }
} as const;
