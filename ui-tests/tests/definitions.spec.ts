import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Mlops, test } from './mlops';

test('a file of jobs is checked, planned, applied, and written from the jobs there are', async ({
  page,
  mlops
}) => {
  const notebook = await mlops.upload('plain', 'coded');
  const job = `coded-${Date.now()}`;
  const file = `${mlops.folder}/jobs.yaml`;
  const put = (text: string) => page.contents.uploadContent(text, 'text', file);
  const jobs = (cron: string) =>
    put(`jobs:
  ${job}:
    notebook: ${notebook}
    triggers:
      - {kind: cron, cron: ${cron}, timezone: UTC, active: false}
      - {kind: http, active: false}
`);

  await jobs('61 6 * * *');
  await mlops.openPanel();
  await choose(mlops, 'Jobs as Code…');
  const { form } = mlops;
  await form.getByRole('combobox', { name: 'File' }).fill(file);
  await page.keyboard.press('Enter');
  await expect(form.getByRole('alert')).toContainText('jobs.yaml, line 5:');
  await look(mlops, 'jobs-as-code-refused');

  await jobs('0 6 * * *');
  await form.getByRole('button', { name: 'Show what would change' }).click();
  await expect(form.getByRole('status')).toHaveText('1 to create');
  await look(mlops, 'jobs-as-code');
  await form.getByRole('button', { name: 'Apply 1 change' }).click();
  await expect(form.getByRole('status').first()).toHaveText('1 created');
  await expect(form).toContainText('mlops_');
  await look(mlops, 'jobs-as-code-done');

  await form.getByRole('button', { name: /^Write all jobs/ }).click();
  await form.getByRole('button', { name: 'Replace it' }).click();
  await expect(form).toContainText(`written to “${file}”`);
  await form.getByRole('button', { name: 'Close' }).click();
  await expect(form).toBeHidden();
  await expect(mlops.row('jobs', job)).toBeVisible();

  // From the file browser: a file that names the job no longer deletes it.
  await put('jobs: {}\n');
  await page.sidebar.openTab('filebrowser');
  await mlops.run('filebrowser:refresh');
  await page
    .locator('.jp-DirListing-item:visible', { hasText: 'jobs.yaml' })
    .click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Plan MLOps Jobs…' }).click();
  await expect(form.getByRole('status')).toHaveText('1 to delete');
  await form.getByRole('button', { name: 'Apply 1 change' }).click();
  await expect(form.getByRole('status')).toHaveText('1 deleted');
});

test('jobs of jupyter-scheduler are taken over after a look, and a channel is set up, tested and deleted', async ({
  page,
  mlops,
  request
}) => {
  const notebook = `taken-${Date.now()}`;
  await mlops.upload('plain', notebook);
  const database = `${mlops.folder}/scheduler.sqlite`;
  await page.contents.uploadContent(schedulerOf(notebook), 'base64', database);
  await mlops.openPanel();
  await choose(mlops, 'Take Over Jobs of jupyter-scheduler…');
  const { form } = mlops;
  await expect(form.getByRole('status')).toBeVisible();
  await look(mlops, 'takeover-nothing');
  await form.getByRole('textbox', { name: 'Its database' }).fill(database);
  await page.keyboard.press('Enter');
  await expect(form.getByRole('status')).toHaveText(
    '1 of 2 can be taken over.'
  );
  await look(mlops, 'takeover');
  await form
    .getByRole('textbox', { name: 'Where lost.ipynb is' })
    .fill(`${mlops.folder}/${notebook}.ipynb`);
  await page.keyboard.press('Enter');
  await form.getByRole('button', { name: 'Take over 2 jobs' }).click();
  await expect(form.getByRole('status')).toHaveText('2 of 2 were taken over.');
  await form.getByRole('button', { name: 'Close' }).click();
  for (const name of [notebook, `${notebook}-lost`]) {
    await expect(mlops.row('jobs', name).first()).toBeVisible();
  }
  const { items } = await (
    await request.get(`/jupyter-mlops/api/jobs?search=${notebook}`)
  ).json();
  expect(items.length).toBe(2);
  for (const { id } of items) {
    await request.delete(`/jupyter-mlops/api/jobs/${id}`);
  }

  const sink = await listen();
  const channel = `sink-${Date.now()}`;
  const row = form.getByRole('listitem').filter({ hasText: channel });
  try {
    await choose(mlops, 'Notification Channels…');
    await form.getByRole('textbox', { name: 'Name' }).fill(channel);
    await form.getByLabel('Address').fill(sink.address);
    await page.keyboard.press('Enter');
    await expect(form).toContainText('is set up');
    await row.getByRole('button', { name: 'Send a test' }).click();
    await expect(row.getByRole('status')).toContainText('has taken the test');
    expect(sink.heard.join()).toContain('A test of jupyter_mlops');
    await look(mlops, 'channels');
  } finally {
    sink.close();
  }
  await row.getByRole('button', { name: 'Send a test' }).click();
  await expect(row.getByRole('alert')).toBeVisible();
  await look(mlops, 'channels-refused');
  await expect(form).not.toContainText('127.0.0.1');
  await row.getByRole('button', { name: 'Delete…' }).click();
  await row.getByRole('button', { name: 'Delete it' }).click();
  await expect(row).toBeHidden();
});

/** Choose from the sidebar's menu. */
async function choose(mlops: Mlops, name: string): Promise<void> {
  await mlops.panel.getByRole('button', { name: 'More' }).click();
  await mlops.page.getByRole('menuitem', { name }).click();
  await expect(mlops.form).toBeVisible();
}

/** The dialog in front passes axe, in light and dark, and a picture of each is kept. */
async function look(mlops: Mlops, name: string): Promise<void> {
  const { page } = mlops;
  for (const theme of ['JupyterLab Dark', 'JupyterLab Light']) {
    await page.theme.setTheme(theme);
    const { violations } = await new AxeBuilder({ page })
      .include('.jp-Mlops-dialog')
      .analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes[0].html])).toEqual([]);
    await mlops.picture(`${name}-${theme.split(' ')[1].toLowerCase()}`);
  }
}

/** A database as jupyter-scheduler's, of a notebook that is there and of one that is not; as base64. */
function schedulerOf(notebook: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mlops-scheduler-'));
  const database = path.join(folder, 'scheduler.sqlite');
  const code = `
import sqlite3, sys
_, database, notebook = sys.argv
with sqlite3.connect(database) as connection:
    connection.execute(
        "CREATE TABLE job_definitions (job_definition_id, name, input_filename, schedule, timezone,"
        " create_time, active, parameters, tags)"
    )
    connection.executemany(
        "INSERT INTO job_definitions VALUES (?, ?, ?, '0 6 * * *', 'UTC', ?, 1, NULL, ?)",
        [
            (notebook, notebook, f"{notebook}.ipynb", 1, '["weekly"]'),
            (f"{notebook}-lost", f"{notebook}-lost", "lost.ipynb", 2, None),
        ],
    )
connection.close()
`;
  execFileSync('python', ['-c', code, database, notebook]);
  const content = fs.readFileSync(database).toString('base64');
  fs.rmSync(folder, { recursive: true });
  return content;
}

/** A web hook on this machine, and what it has heard. */
async function listen() {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => {
      heard.push(Buffer.concat(parts).toString());
      response.end();
    });
  });
  await new Promise<void>(resolve =>
    server.listen(0, '127.0.0.1', () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  return {
    address: `json://127.0.0.1:${port}/`,
    heard,
    close: () => {
      server.closeAllConnections();
      server.close();
    }
  };
}
