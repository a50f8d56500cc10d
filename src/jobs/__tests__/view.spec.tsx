import { Dialog, Notification } from '@jupyterlab/apputils';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { keepingCommands } from '../../__tests__/commands';
import { AnsweringServer, page } from '../../__tests__/server';
import { aJob, aRun } from '../../__tests__/things';
import type { Job, JobTrigger } from '../../api/types';
import { CommandIDs } from '../../commands';
import { JobsModel } from '../model';
import { JobsView } from '../view';

const CRON: JobTrigger = {
  id: 't1',
  job_id: 'j1',
  kind: 'cron',
  spec: { cron: '0 6 * * 1-5', timezone: 'Europe/Berlin' },
  description: 'At 06:00 on weekdays',
  state: 'active',
  active: true,
  next_fire_at: '2026-11-23T05:00:00Z',
  starts_at: null,
  ends_at: null,
  missed: 'latest',
  jitter_s: 0,
  hook: null,
  problem: null,
  created_at: '2026-11-21T08:00:00Z'
};

const HTTP: JobTrigger = {
  ...CRON,
  id: 't2',
  kind: 'http',
  spec: { signed: false },
  description: 'When its address is called',
  next_fire_at: null,
  missed: null,
  hook: '/jupyter-mlops/api/hooks/t2'
};

async function show(jobs: Job[]) {
  const server = new AnsweringServer({
    'GET /jobs': page(jobs),
    'PATCH /triggers/t1': CRON,
    'PATCH /triggers/t2': { ...HTTP, token: 'new-secret' },
    'DELETE /triggers/t2': () => new Response(null, { status: 204 }),
    'PATCH /jobs/j1': aJob(),
    'DELETE /jobs/j1': () => new Response(null, { status: 204 }),
    'POST /jobs/j1/runs': aRun({ id: 'r5' })
  });
  const model = new JobsModel(server.client);
  const { commands, asked } = keepingCommands();
  render(<JobsView model={model} commands={commands} />);
  await act(() => model.refresh());
  return { server, asked };
}

async function press(server: AnsweringServer, name: string) {
  await userEvent.click(screen.getByRole('button', { name }));
  await act(() => server.settled());
}

describe('JobsView', () => {
  it('shows the schedule in words, the time zone, the next fire and the last run', async () => {
    await show([
      aJob({ triggers: [CRON], last_run: aRun({ state: 'failed' }) })
    ]);
    expect(screen.getByText('At 06:00 on weekdays')).toBeTruthy();
    expect(screen.getByText('Europe/Berlin')).toBeTruthy();
    expect(screen.getByText(/^next .*06:00/)).toBeTruthy();
    expect(screen.getByText(/last run failed/)).toBeTruthy();
  });

  it('shows every trigger in words, and removes one', async () => {
    const { server } = await show([aJob({ triggers: [CRON, HTTP] })]);
    const list = screen.getByRole('list', { name: 'When train runs' });
    expect(list.children.length).toBe(2);
    expect(screen.getByText('When its address is called')).toBeTruthy();
    server.answer('GET /jobs', page([aJob({ triggers: [CRON] })]));
    await press(server, 'Remove the trigger of train');
    expect(server.calls('DELETE /triggers/t2').length).toBe(1);
    expect(list.children.length).toBe(1);
  });

  it('shows a new token once, with the address to call', async () => {
    const { server } = await show([aJob({ triggers: [HTTP] })]);
    await press(server, 'Make a new token for the trigger of train');
    expect(await screen.findByText('new-secret')).toBeTruthy();
    expect(
      screen.getByText('http://localhost:1/user/ann/jupyter-mlops/api/hooks/t2')
    ).toBeTruthy();
    Dialog.flush();
  });

  it('shows why the last fire made no run', async () => {
    await show([
      aJob({ triggers: [{ ...CRON, problem: 'Notebook is gone.' }] })
    ]);
    expect(screen.getByText('Notebook is gone.')).toBeTruthy();
  });

  it('runs a job now and leads to the run', async () => {
    const { server, asked } = await show([aJob()]);
    await press(server, 'Run train now');
    expect(asked).toEqual([[CommandIDs.showRun, { run: 'r5' }]]);
  });

  it('opens the form of a job, and shows the parameters that it has', async () => {
    const { server, asked } = await show([aJob({ parameters: { C: 0.25 } })]);
    expect(screen.getByText('C 0.25')).toBeTruthy();
    await press(server, 'Edit train…');
    expect(asked).toEqual([[CommandIDs.editJob, { job: 'j1' }]]);
  });

  it('pauses a schedule, and resumes a paused one', async () => {
    const { server } = await show([aJob({ triggers: [CRON] })]);
    server.answer(
      'GET /jobs',
      page([aJob({ triggers: [{ ...CRON, active: false, state: 'paused' }] })])
    );
    await press(server, 'Pause the schedule of train');
    expect(screen.getByText('paused')).toBeTruthy();
    await press(server, 'Resume the schedule of train');
    expect(server.calls('PATCH /triggers/t1').map(({ body }) => body)).toEqual([
      { active: false },
      { active: true }
    ]);
  });

  it('deletes a job and brings it back with the notification’s Undo', async () => {
    const { server } = await show([aJob()]);
    await press(server, 'Delete train');
    expect(server.calls('DELETE /jobs/j1').length).toBe(1);
    const { actions = [] } = Notification.manager.notifications[0].options;
    expect(actions[0].label).toBe('Undo');
    actions[0].callback(new MouseEvent('click'));
    await act(() => server.settled());
    expect(server.calls('PATCH /jobs/j1')[0].body).toEqual({ deleted: false });
  });

  it('searches many jobs', async () => {
    const jobs = Array.from({ length: 9 }, (_, index) =>
      aJob({ id: `j${index}`, name: `job ${index}` })
    );
    const { server } = await show(jobs);
    server.answer('GET /jobs', page([]));
    await userEvent.click(
      screen.getByRole('searchbox', { name: 'Search jobs' })
    );
    await userEvent.paste('weekly');
    const empty = await screen.findByText(
      'Nothing found',
      {},
      { timeout: 30_000 }
    );
    expect(empty).toBeTruthy();
    expect(server.calls('GET /jobs').pop()?.query.search).toBe('weekly');
  }, 60_000);

  it('offers no pause for a job without a schedule', async () => {
    await show([aJob()]);
    expect(screen.queryByRole('button', { name: /Pause/ })).toBeNull();
    expect(screen.getByText('never run')).toBeTruthy();
  });
});
