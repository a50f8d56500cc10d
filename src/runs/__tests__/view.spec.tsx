import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { keepingCommands } from '../../__tests__/commands';
import {
  AnsweringServer,
  type ISeen,
  page,
  refusal
} from '../../__tests__/server';
import { aRun } from '../../__tests__/things';
import type { Run } from '../../api/types';
import { CommandIDs } from '../../commands';
import { RunsModel } from '../model';
import { RunsView } from '../view';

/** How long a test waits for what is asked for once typing has rested, on a busy machine. */
const SOON = { timeout: 30_000 };

async function show(runs: Run[], next_cursor: string | null = null) {
  const server = new AnsweringServer({ 'GET /runs': page(runs, next_cursor) });
  const model = new RunsModel(server.client);
  const { commands, asked } = keepingCommands();
  render(<RunsView model={model} commands={commands} />);
  await act(() => model.refresh());
  return { server, model, asked };
}

describe('RunsView', () => {
  it('teaches how to run a notebook where there is no run', async () => {
    await show([]);
    expect(screen.getByText('No runs yet')).toBeTruthy();
    expect(screen.getByText(/Run as job…/)).toBeTruthy();
  });

  it.each([
    ['queued', 'queued'],
    ['running', 'running'],
    ['succeeded', 'succeeded'],
    ['failed', 'failed'],
    ['timed_out', 'timed out'],
    ['lost', 'lost']
  ] as const)('names the state %s in words', async (state, words) => {
    await show([aRun({ state })]);
    expect(screen.getByText(words)).toBeTruthy();
  });

  it('shows how far a running run is', async () => {
    await show([aRun({ state: 'running', cells_done: 3, cells_total: 7 })]);
    const bar = screen.getByRole('progressbar');
    expect(bar.getAttribute('value')).toBe('3');
    expect(bar.getAttribute('aria-valuetext')).toBe('3 of 7 cells');
  });

  it('unfolds into parameters, metrics, model and ids', async () => {
    await show([
      aRun({
        parameters: { C: 0.5 },
        metrics: { accuracy: 0.97902 },
        model_name: 'cancer',
        model_version: '3',
        message: 'Version 3 is registered, but champion stays version 1.',
        mlflow_run_id: 'f00d'
      })
    ]);
    const row = screen.getByRole('button', { name: /train/ });
    expect(row.getAttribute('aria-expanded')).toBe('false');
    await userEvent.click(row);
    const detail = within(screen.getByRole('region'));
    for (const text of [
      'C',
      '0.5',
      'accuracy',
      '0.979',
      'cancer, version 3',
      'Version 3 is registered, but champion stays version 1.',
      'f00d'
    ]) {
      expect(detail.getByText(text)).toBeTruthy();
    }
  });

  it('says why a run failed and in which cell', async () => {
    await show([
      aRun({
        state: 'failed',
        message: 'Cell 3 raised NameError.',
        failed_cell: {
          index: 2,
          cell_id: 'c',
          source: 'print(x)',
          error_name: 'NameError',
          error_message: "name 'x' is not defined"
        }
      })
    ]);
    await userEvent.click(screen.getByRole('button', { name: /train/ }));
    expect(screen.getByText('Cell 3 raised NameError.')).toBeTruthy();
    expect(screen.getByText('Failed in cell 3')).toBeTruthy();
    expect(screen.getByText('print(x)')).toBeTruthy();
    expect(screen.getByText("NameError: name 'x' is not defined")).toBeTruthy();
  });

  it('opens the executed notebook', async () => {
    const { asked } = await show([aRun({ output_path: 'out/train.ipynb' })]);
    await userEvent.click(
      screen.getByRole('button', { name: 'Open the executed notebook' })
    );
    expect(asked).toEqual([
      [CommandIDs.openExecuted, { path: 'out/train.ipynb' }]
    ]);
  });

  it('cancels a run that is under way, once', async () => {
    const running = aRun({ state: 'running' });
    const { server } = await show([running]);
    server.answer('POST /runs/r1/cancel', running);
    server.answer('GET /runs', page([{ ...running, cancel_requested: true }]));
    await userEvent.click(
      screen.getByRole('button', { name: 'Cancel this run' })
    );
    await act(() => server.settled());
    expect(server.calls('POST /runs/r1/cancel').length).toBe(1);
    expect(screen.getByText('cancelling')).toBeTruthy();
    const cancel = screen.getByRole('button', { name: 'Cancel this run' });
    expect((cancel as HTMLButtonElement).disabled).toBe(true);
  });

  it('offers neither cancel for what has ended nor a notebook that is not there', async () => {
    await show([aRun({ output_path: null })]);
    expect(screen.getAllByRole('button').length).toBe(1);
  });

  it('moves through the rows with the arrow keys, as one stop of Tab', async () => {
    await show([aRun({ id: 'a' }), aRun({ id: 'b' }), aRun({ id: 'c' })]);
    const rows = screen.getAllByRole('button', { name: /train/ });
    expect(rows.map(row => row.tabIndex)).toEqual([0, -1, -1]);
    act(() => rows[0].focus());
    await userEvent.keyboard('{ArrowDown}{ArrowDown}');
    expect(document.activeElement).toBe(rows[2]);
    await userEvent.keyboard('{Home}');
    expect(document.activeElement).toBe(rows[0]);
    expect(rows.map(row => row.tabIndex)).toEqual([0, -1, -1]);
  });

  it('searches a long list, and shows all again when the text is gone', async () => {
    const runs = Array.from({ length: 9 }, (_, index) =>
      aRun({ id: `r${index}`, job_name: `job ${index}` })
    );
    const { server, model } = await show(runs);
    server.answer('GET /runs', ({ query }: ISeen) =>
      page(query.search ? (query.search === 'job 3' ? [runs[3]] : []) : runs)
    );
    const field = screen.getByRole('searchbox', { name: 'Search runs' });
    await userEvent.click(field);
    await userEvent.paste(' job 3');
    await waitFor(() => expect(screen.queryByText('job 4')).toBeNull(), SOON);
    expect(screen.getByText('job 3')).toBeTruthy();
    expect(model.search).toBe(' job 3');
    await userEvent.paste('3');
    expect(await screen.findByText('Nothing found', {}, SOON)).toBeTruthy();
    expect(document.activeElement).toBe(field);
    await userEvent.clear(field);
    expect(await screen.findByText('job 4', {}, SOON)).toBeTruthy();
    expect(document.activeElement).toBe(field);
    const asked = server.calls('GET /runs').map(({ query }) => query.search);
    expect(asked).toEqual([undefined, 'job 3', 'job 33', undefined]);

    await userEvent.paste('nothing of it');
    expect(await screen.findByText('Nothing found', {}, SOON)).toBeTruthy();
    await act(() => model.reveal(runs[4]));
    expect(await screen.findByText('job 4', {}, SOON)).toBeTruthy();
    expect((field as HTMLInputElement).value).toBe('');
  }, 120_000);

  it('has no field to search a short list', async () => {
    await show([aRun()]);
    expect(screen.queryByRole('searchbox')).toBeNull();
  });

  it('offers more only while there is more', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `r${index}`);
    const runs = ids.map(id => aRun({ id, job_name: id }));
    const { server } = await show(runs.slice(0, 25), 'next');
    server.answer('GET /runs', page(runs));
    await userEvent.click(screen.getByRole('button', { name: 'Load more' }));
    await act(() => server.settled());
    expect(screen.getByText('r29')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Load more' })).toBeNull();
  });

  const SEVERAL = [
    aRun({ id: 'a', job_name: 'one', state: 'running' }),
    aRun({ id: 'b', job_name: 'two' }),
    aRun({ id: 'c', job_name: 'three', state: 'failed' })
  ];

  async function mark(...names: string[]) {
    const shown = await show(SEVERAL);
    act(() => {
      shown.model.selection.isOn = true;
    });
    for (const name of names) {
      await userEvent.click(
        screen.getByRole('checkbox', { name: new RegExp(`Mark ${name},`) })
      );
    }
    return shown;
  }

  it('marks no run until it is asked to', async () => {
    await show(SEVERAL);
    expect(screen.queryByRole('checkbox')).toBeNull();
  });

  it('cancels those of the marked runs that are under way, and repeats the others', async () => {
    const { server, model } = await mark('one', 'two');
    server.answer('POST /runs/bulk', ({ body }: any) => ({
      items: body.ids.map((id: string) => ({ id, run: null, problem: null }))
    }));
    await userEvent.click(screen.getByRole('button', { name: 'Cancel 1 run' }));
    await act(() => server.settled());
    await userEvent.click(screen.getByRole('button', { name: 'Repeat 1 run' }));
    await act(() => server.settled());
    expect(server.calls('POST /runs/bulk').map(({ body }) => body)).toEqual([
      { action: 'cancel', ids: ['a'] },
      { action: 'rerun', ids: ['b'] }
    ]);
    expect(model.selection.of(SEVERAL)).toEqual([]);
  });

  it('marks all and none, and leaves by Escape', async () => {
    const { model } = await mark();
    await userEvent.click(screen.getByRole('checkbox', { name: 'Mark all' }));
    expect(model.selection.of(SEVERAL)).toEqual(SEVERAL);
    expect(screen.getByText('3 marked')).toBeTruthy();
    await userEvent.click(screen.getByRole('checkbox', { name: '3 marked' }));
    expect(model.selection.of(SEVERAL)).toEqual([]);
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('checkbox')).toBeNull();
  });

  const FAILED = aRun({
    state: 'failed',
    reason: 'error',
    message: "Cell [3] raised NameError: name 'x' is not defined.",
    resumable_until: new Date(Date.now() + 600_000).toISOString(),
    failed_cell: {
      index: 2,
      cell_id: 'c3',
      source: 'print(x)',
      execution_count: 3,
      error_name: 'NameError',
      error_message: "name 'x' is not defined"
    }
  });

  async function unfold(run: Run) {
    const shown = await show([run]);
    await userEvent.click(screen.getByRole('button', { name: /^train/ }));
    await act(() => Promise.resolve());
    return shown;
  }

  it('leads to the failed cell, saves what was mended and resumes from it', async () => {
    const { server, asked } = await unfold(FAILED);
    const resumed = aRun({ id: 'r2', state: 'queued' });
    server.answer('POST /runs/r1/resume', resumed);
    await userEvent.click(screen.getByRole('button', { name: 'Fix the cell' }));
    await userEvent.click(
      screen.getByRole('button', { name: 'Resume from this cell' })
    );
    await act(() => server.settled());
    expect(asked).toEqual([
      [CommandIDs.fixCell, { path: 'train.ipynb', cell: 'c3' }],
      [CommandIDs.saveNotebook, { path: 'train.ipynb' }]
    ]);
    expect(server.calls('POST /runs/r1/resume').length).toBe(1);
  });

  it('opens the failed notebook in the kernel that was kept, or says why not', async () => {
    const { server, asked } = await unfold(FAILED);
    const work = screen.getByRole('button', { name: 'Work in the kernel' });
    server.answer('POST /runs/r1/kernel', () =>
      refusal('run', 'Another run goes on in it.', 409)
    );
    await userEvent.click(work);
    await act(() => server.settled());
    expect(screen.getByRole('alert').textContent).toContain(
      'Another run goes on in it.'
    );
    expect(asked).toEqual([]);

    server.answer('POST /runs/r1/kernel', { kernel_id: 'k1', until: '' });
    await userEvent.click(work);
    await act(() => server.settled());
    const path = FAILED.output_path;
    expect(asked).toEqual([
      [CommandIDs.openInKernel, { path, cell: 'c3', kernel: 'k1' }]
    ]);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('offers no notebook that JupyterLab cannot open', async () => {
    await unfold({ ...FAILED, output_path: '/elsewhere/train.ipynb' });
    expect(screen.getByText('Resume from this cell')).toBeTruthy();
    expect(screen.queryByText('Work in the kernel')).toBeNull();
  });

  it('says of a resumed run that someone had worked in its kernel', async () => {
    await unfold(aRun({ cause: { kind: 'resume', worked_in: true } }));
    expect(screen.getByText(/worked by hand/)).toBeTruthy();
  });

  it('says in words why a run cannot be resumed', async () => {
    const { server } = await unfold(FAILED);
    server.answer('POST /runs/r1/resume', () =>
      refusal('run', 'The cell before has changed.', 409)
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Resume from this cell' })
    );
    await act(() => server.settled());
    expect(screen.getByRole('alert').textContent).toContain(
      'The cell before has changed.'
    );
  });

  it('offers no resumption of a run whose kernel is gone', async () => {
    await unfold({ ...FAILED, resumable_until: '2026-01-01T00:00:00Z' });
    expect(screen.queryByText('Fix the cell')).toBeNull();
    expect(screen.getByText('Run again')).toBeTruthy();
  });

  it('runs again what is on screen, or the snapshot as it was', async () => {
    const { server, asked } = await unfold(FAILED);
    server.answer('POST /runs', aRun({ id: 'r2' }));
    server.answer('POST /runs/r1/rerun', aRun({ id: 'r3' }));
    await userEvent.click(screen.getByRole('button', { name: 'Run again' }));
    await act(() => server.settled());
    expect(asked).toEqual([[CommandIDs.saveNotebook, { path: 'train.ipynb' }]]);
    expect(server.calls('POST /runs').length).toBe(1);
    await userEvent.click(
      screen.getByRole('button', { name: 'Repeat as it was' })
    );
    await act(() => server.settled());
    expect(server.calls('POST /runs/r1/rerun').length).toBe(1);
  });

  it('shows the attempts of a run that was tried more than once', async () => {
    const attempt = {
      message: null,
      reason: 'error',
      worker_id: 'w',
      started_at: '2026-11-21T08:00:00Z',
      ended_at: '2026-11-21T08:00:12Z',
      mlflow_run_id: null
    };
    const server = new AnsweringServer({
      'GET /runs': page([{ ...FAILED, policies: { max_attempts: 2 } }]),
      'GET /runs/r1/attempts': {
        items: [
          { ...attempt, id: 'a', number: 1, state: 'timed_out' },
          { ...attempt, id: 'b', number: 2, state: 'failed' }
        ]
      }
    });
    const model = new RunsModel(server.client);
    render(<RunsView model={model} commands={keepingCommands().commands} />);
    await act(() => model.refresh());
    await userEvent.click(screen.getByRole('button', { name: /^train/ }));
    await act(() => server.settled());
    const list = screen.getByRole('list', { name: 'Attempts' });
    expect([...list.children].map(item => item.textContent)).toEqual([
      'Attempt 1 timed out12s',
      'Attempt 2 failed12s'
    ]);
  });

  it('shows what a running run puts out, and where it is', async () => {
    const events = [
      ['cell_started', { at: '2026-11-21T08:00:00Z', index: 3, line: 'fit()' }],
      ['output', { name: 'stdout', text: 'epoch 1\n' }],
      ['resources', { cpu_percent: 99.4, memory_bytes: 120_000_000 }]
    ];
    const server = new AnsweringServer({
      'GET /runs': page([aRun({ state: 'running', cells_done: 3 })]),
      'GET /runs/r1': aRun({ state: 'running' }),
      'GET /runs/r1/events': () =>
        new Response(
          events
            .map(
              ([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}`
            )
            .join('\n\n') + '\n\n'
        )
    });
    const model = new RunsModel(server.client);
    render(<RunsView model={model} commands={keepingCommands().commands} />);
    await act(() => model.refresh());
    await userEvent.click(screen.getByRole('button', { name: /^train/ }));
    const output = await screen.findByRole('log', { name: 'Output' });
    expect(output.textContent).toBe('epoch 1\n');
    expect(screen.getByText('fit()')).toBeTruthy();
    expect(screen.getByText('CPU 99 %')).toBeTruthy();
    expect(screen.getByText('memory 120MB')).toBeTruthy();
  });

  it.each([
    [{ written_at: '2026-11-21T08:00:00Z', problem: null }, null],
    [{ written_at: null, problem: null }, 'It is being written.'],
    [
      { written_at: null, problem: 'No such bucket.' },
      'It is not there: No such bucket.'
    ]
  ])('says where the copy of a run’s notebook is: %j', async (copy, said) => {
    const address = 's3://bucket/train/r1/train.ipynb';
    const run = aRun({ remote_output: { address, ...copy } });
    const server = new AnsweringServer({
      'GET /runs': page([run]),
      'GET /runs/r1': run
    });
    const model = new RunsModel(server.client);
    render(<RunsView model={model} commands={keepingCommands().commands} />);
    await act(() => model.refresh());
    await userEvent.click(screen.getByRole('button', { name: /^train/ }));
    expect(await screen.findByText(address)).toBeTruthy();
    expect(screen.queryByText(/being written|not there/)?.textContent).toBe(
      said ?? undefined
    );
  });

  it.each([
    [
      'for which executor it waits',
      {
        state: 'queued',
        policies: { executor: 'dask' } as Run['policies']
      },
      'Waits for a worker of the executor “dask”.'
    ],
    [
      'why its output is not shown',
      {
        state: 'running',
        progress: { problem: 'The disk is full.' } as Run['progress']
      },
      'The disk is full.'
    ]
  ] as const)('says of a run under way %s', async (_, facts, said) => {
    const server = new AnsweringServer({
      'GET /runs': page([aRun(facts)]),
      'GET /runs/r1': aRun(facts),
      'GET /runs/r1/events': () => new Response('')
    });
    const model = new RunsModel(server.client);
    render(<RunsView model={model} commands={keepingCommands().commands} />);
    await act(() => model.refresh());
    await userEvent.click(screen.getByRole('button', { name: /^train/ }));
    expect(await screen.findByText(said)).toBeTruthy();
  });
});
