import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  expect,
  galata,
  type IJupyterLabPageFixture,
  test as base
} from '@jupyterlab/galata';
import type { APIRequestContext, Locator } from '@playwright/test';

export { expect, galata };

/** Galata waits 15 seconds for whatever it waits for, JupyterLab's start first of all: a busy machine needs more. */
const PATIENCE = 120_000;
// eslint-disable-next-line @typescript-eslint/no-require-imports -- an import could not be changed
const waits = require('@jupyterlab/galata/lib/utils');
const { waitForCondition } = waits;
waits.waitForCondition = (isSo: () => unknown, timeout = PATIENCE) =>
  waitForCondition(isSo, timeout);

type Section = 'cells' | 'runs' | 'jobs' | 'models';

const ARTIFACTS = path.join(__dirname, '..', 'artifacts');
const NOTEBOOKS = path.join(__dirname, '..', 'notebooks');
const EXAMPLES = path.join(__dirname, '..', '..', 'examples');

/** What a user does with the sidebar, in words of the product. */
export class Mlops {
  constructor(
    readonly page: IJupyterLabPageFixture,
    readonly folder: string
  ) {}

  get panel(): Locator {
    return this.page.locator('#jupyter-mlops-panel');
  }

  /** The dialog in front, once it has set its focus: what is typed before may land in its first input. */
  get form(): Locator {
    return this.page
      .getByRole('dialog')
      .and(this.page.locator(':not(.jp-Mlops-dialog), .jp-mod-ready'));
  }

  section(name: Section): Locator {
    return this.panel.locator(`[data-section="${name}"]`);
  }

  row(section: Section, name: string | RegExp): Locator {
    return this.section(section)
      .locator('.jp-Mlops-item')
      .filter({ hasText: name });
  }

  /** What the sidebar says of the notebook in front as a whole. */
  get state(): Locator {
    return this.section('cells').getByRole('region', {
      name: 'State of the notebook'
    });
  }

  /** A cell of the notebook in front, of any type, counted from 0. */
  cell(index: number): Locator {
    return this.page.locator('.jp-Notebook:visible .jp-Cell').nth(index);
  }

  /** What stands below the prompt of a cell that was recorded. */
  badge(index: number): Locator {
    return this.cell(index).locator('.jp-Mlops-cellBadge:visible');
  }

  /** Switch the recording of the notebook in front on, by the sidebar. */
  async record(): Promise<void> {
    const toggle = this.section('cells').getByRole('switch');
    await toggle.click();
    await expect(toggle).toBeChecked();
  }

  /** Bring the sidebar's panel to the front, whatever it may say. */
  async showPanel(): Promise<void> {
    if (!(await this.panel.isVisible())) {
      await this.page.getByRole('tab', { name: 'MLOps', exact: true }).click();
    }
    await expect(this.panel).toBeVisible();
  }

  async openPanel(): Promise<void> {
    await this.showPanel();
    await expect(this.panel.locator('.jp-Mlops-worker')).toBeVisible();
  }

  /** Put a notebook of ours, or an example as `penguins/train`, into the test's folder; returns its path. */
  async upload(name: string, as = path.basename(name)): Promise<string> {
    const folder = name.includes('/') ? EXAMPLES : NOTEBOOKS;
    const source = path.join(folder, `${name}.ipynb`);
    const target = `${this.folder}/${as}.ipynb`;
    await this.page.contents.uploadFile(source, target);
    return target;
  }

  /** Upload a notebook and open it, in a kernel of that name if one is given. */
  async open(
    name: string,
    as = path.basename(name),
    kernel?: string
  ): Promise<string> {
    const target = await this.upload(name, as);
    await this.run('docmanager:open', {
      path: target,
      ...(kernel && { kernel: { name: kernel } })
    });
    await this.kernelIsIdle();
    return target;
  }

  /** Execute one of JupyterLab's commands, of which no result is of use here. */
  async run(command: string, args: object = {}): Promise<void> {
    await this.page.evaluate(
      async ([command, args]) => {
        await (window as any).jupyterapp.commands.execute(command, args);
      },
      [command, args] as const
    );
  }

  /** Make a cell of the notebook in front, counted from 0, the active one, with nothing else selected. */
  async select(index: number): Promise<void> {
    await this.page.evaluate(index => {
      const { content } = (window as any).jupyterapp.shell.currentWidget;
      content.activeCellIndex = index;
      content.deselectAll();
    }, index);
  }

  /** Give a cell its text as it is: typed, it would be indented and completed, and a busy machine drops keys. */
  async write(index: number, source: string): Promise<void> {
    await this.page.evaluate(
      ([index, source]) => {
        const { content } = (window as any).jupyterapp.shell.currentWidget;
        content.widgets[index].model.sharedModel.setSource(source);
      },
      [index, source] as const
    );
  }

  /** Run a cell where it is, until it has ended. */
  async runCell(index: number): Promise<void> {
    await this.select(index);
    await this.run('notebook:run-cell');
  }

  async kernelIsIdle(): Promise<void> {
    await this.page.waitForFunction(() => {
      const panel = (window as any).jupyterapp.shell.currentWidget;
      const kernel = panel?.sessionContext?.session?.kernel;
      return panel?.context?.isReady && kernel?.status === 'idle';
    });
  }

  /** Open the form by the notebook's toolbar. */
  async openForm(): Promise<void> {
    await this.page
      .locator('.jp-NotebookPanel-toolbar:visible')
      .locator(
        '[data-jp-item-name="run-as-job"] button, [data-jp-item-name="run-as-job"] jp-button'
      )
      .first()
      .click();
    await expect(this.form).toBeVisible();
  }

  /** Press the form's accepting button, whatever it says. */
  async submit(): Promise<void> {
    await this.form.locator('.jp-mod-accept').click();
  }

  /** Let a run of the notebook “gated” go on. */
  async release(gate: string): Promise<void> {
    await this.page.contents.uploadContent('', 'text', gate);
  }

  /** Keep a picture for people to look at. */
  async picture(name: string): Promise<void> {
    fs.mkdirSync(ARTIFACTS, { recursive: true });
    await this.page.screenshot({ path: path.join(ARTIFACTS, `${name}.png`) });
  }
}

export const test = base.extend<{ mlops: Mlops }>({
  // As Galata's own, but for the tab, of which it asks that it is the active one.
  waitForApplication: async ({ baseURL }, use) => {
    await use(async page => {
      await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
      await expect(
        page.getByRole('tab', { name: 'Launcher' }).first()
      ).toBeVisible({ timeout: PATIENCE });
    });
  },

  mlops: async ({ page, request, tmpPath }, use, testInfo) => {
    const mlops = new Mlops(page, tmpPath);
    await use(mlops);
    if (testInfo.status !== testInfo.expectedStatus) {
      const body = await mlops.panel
        .innerText({ timeout: 5_000 })
        .catch(String);
      await testInfo.attach('panel', { body, contentType: 'text/plain' });
      await clear(request);
    }
  }
});

/** Cancel and remove what a failed test has left: the next try, and the tests after it, begin anew. */
async function clear(request: APIRequestContext): Promise<void> {
  const api = '/jupyter-mlops/api';
  const listed = async (what: string): Promise<string[]> => {
    const answer = await request.get(`${api}/${what}`);
    return (await answer.json()).items.map(({ id }: { id: string }) => id);
  };
  const act = (action: 'cancel' | 'delete', ids: string[]) =>
    request.post(`${api}/runs/bulk`, { data: { action, ids } });
  for (const id of await listed('jobs?limit=200')) {
    await request.delete(`${api}/jobs/${id}`);
  }
  await expect(async () => {
    const waiting = await listed('runs?state=queued&limit=200');
    const ids = [...waiting, ...(await listed('runs?state=running&limit=200'))];
    if (ids.length) {
      await act('cancel', ids);
    }
    expect(ids).toEqual([]);
  }).toPass({ timeout: PATIENCE });
  const ended = await listed('runs?limit=200');
  if (ended.length) {
    await act('delete', ended); // but for those that a model came from: they are kept
  }
}
