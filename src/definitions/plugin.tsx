import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import React from 'react';
import { CommandIDs } from '../commands';
import { saveIfChanged } from '../runs/plugin';
import { IMlops } from '../tokens';
import { isJobsFile } from './jobsAsCode';

const FILE_BROWSER = 'file-browser';

/** “Jobs as code…” and “Take over jobs of jupyter-scheduler…”, in the sidebar's menu and the command palette. */
export const definitionsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_mlops:definitions',
  description: 'Plans, applies and writes files of jobs.',
  autoStart: true,
  requires: [IMlops, IDocumentManager],
  optional: [IFileBrowserFactory, ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    mlops: IMlops,
    documents: IDocumentManager,
    fileBrowsers: IFileBrowserFactory | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): void => {
    const { commands } = app;
    const { contents } = app.serviceManager;
    const trans = (translator ?? nullTranslator).load('jupyter_mlops');

    const pathOf = (args: { path?: unknown; from?: unknown }) =>
      args.from === FILE_BROWSER
        ? selectedJobsFile(fileBrowsers)
        : typeof args.path === 'string'
          ? args.path
          : null;

    const plan = async (path: string | null) => {
      const file = path === null ? undefined : contents.localPath(path);
      const folder = fileBrowsers?.tracker.currentWidget?.model.path ?? '';
      const [{ JobsAsCode }, { JobsAsCodeView }, { FormDialog }, offered] =
        await Promise.all([
          import('./jobsAsCode'),
          import('./jobsAsCodeView'),
          import('../panel/formDialog'),
          yamlFiles(contents, new Set(['', contents.localPath(folder)]))
        ]);
      const files = {
        get: contents.get.bind(contents),
        save: contents.save.bind(contents),
        saveIfChanged: (path: string) => saveIfChanged(documents, path)
      };
      const { client } = mlops;
      const model = new JobsAsCode(client, files, file);
      if (file !== undefined) {
        void model.plan();
      }
      const view = (
        <JobsAsCodeView model={model} client={client} offered={offered} />
      );
      await new FormDialog(trans.__('Jobs as code'), view, trans).launch();
      await mlops.panel.jobs.refresh();
    };

    commands.addCommand(CommandIDs.jobsAsCode, {
      label: ({ from }) =>
        from === FILE_BROWSER
          ? trans.__('Plan MLOps Jobs…')
          : trans.__('Jobs as Code…'),
      caption: trans.__('Plan, apply or write a file of jobs'),
      describedBy: { args: FILE },
      isVisible: args => args.from !== FILE_BROWSER || pathOf(args) !== null,
      execute: args => plan(pathOf(args))
    });

    commands.addCommand(CommandIDs.takeOverScheduler, {
      label: trans.__('Take Over Jobs of jupyter-scheduler…'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: async () => {
        const [{ Takeover }, { TakeoverView }, { FormDialog }] =
          await Promise.all([
            import('./takeover'),
            import('./takeoverView'),
            import('../panel/formDialog')
          ]);
        const view = <TakeoverView model={new Takeover(mlops.client)} />;
        const title = trans.__('Take over jobs of jupyter-scheduler');
        await new FormDialog(title, view, trans).launch();
        await mlops.panel.jobs.refresh();
      }
    });

    for (const command of [
      CommandIDs.jobsAsCode,
      CommandIDs.takeOverScheduler
    ]) {
      palette?.addItem({ command, category: trans.__('MLOps') });
    }
  }
};

function selectedJobsFile(factory: IFileBrowserFactory | null): string | null {
  for (const item of factory?.tracker.currentWidget?.selectedItems() ?? []) {
    return isJobsFile(item.name) ? item.path : null;
  }
  return null;
}

/** The YAML files of some folders, to choose from; of a folder that cannot be read, none. */
async function yamlFiles(
  contents: Contents.IManager,
  folders: ReadonlySet<string>
): Promise<string[]> {
  const listed = await Promise.all(
    [...folders].map(folder =>
      contents.get(folder).then(
        ({ content }) => content as Contents.IModel[],
        () => []
      )
    )
  );
  return listed
    .flat()
    .filter(({ type, name }) => type === 'file' && /\.ya?ml$/.test(name))
    .map(({ path }) => path)
    .sort((one, other) => one.localeCompare(other));
}

const FILE = {
  type: 'object',
  properties: {
    path: {
      type: 'string',
      description: 'The file, from the server root; by default jobs.yaml.'
    },
    from: {
      type: 'string',
      enum: [FILE_BROWSER],
      description: 'Takes the file selected in the file browser.'
    }
  }
} as const;
