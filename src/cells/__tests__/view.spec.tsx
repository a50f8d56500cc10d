import { Signal } from '@lumino/signaling';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { keepingCommands } from '../../__tests__/commands';
import { AnsweringServer, json, page } from '../../__tests__/server';
import {
  aCellState,
  anExecution,
  aLastExecution,
  aSessionState
} from '../../__tests__/things';
import type { CellState, Execution, SessionState } from '../../api/types';
import type { NotebookState } from '../../honesty/notebookState';
import type { Recorder } from '../../recording/recorder';
import type { Tracking } from '../../tracking/model';
import { CellsModel } from '../model';
import type { CellAddress } from '../showCell';
import { CellsView } from '../view';

/** What there is for the notebook in front. */
function inFront(current: object | null): any {
  return { changed: new Signal({}), current };
}

function stateOf(session: SessionState | null): Partial<NotebookState> {
  const stale = session?.cells.filter(cell => cell.stale) ?? [];
  return { session, stale, sourceOf: id => `source of ${id}` };
}

async function show(
  executions: Execution[] | Response,
  recorder: Partial<Recorder> = { state: 'off' },
  session: SessionState | null = null,
  tracking: Partial<Tracking> | null = null
) {
  const answer =
    executions instanceof Response ? () => executions : page(executions);
  const server = new AnsweringServer({ 'GET /executions': answer });
  const model = new CellsModel(server.client);
  model.setNotebook('train.ipynb');
  const shown: CellAddress[] = [];
  const { commands, asked } = keepingCommands();
  commands.addCommand('notebook:restart-run-all', {
    execute: () => void asked.push(['notebook:restart-run-all', {}])
  });
  render(
    <CellsView
      model={model}
      recorders={inFront(recorder)}
      states={inFront(stateOf(session))}
      trackings={inFront(tracking)}
      commands={commands}
      onShow={address => shown.push(address)}
    />
  );
  await act(() => model.refresh());
  return { server, shown, asked };
}

describe('CellsView', () => {
  it('asks for the open notebook only, and teaches where it has no record', async () => {
    const { server } = await show([]);
    expect(server.seen[0].query.notebook).toBe('train.ipynb');
    expect(screen.getByText('%load_ext jupyter_mlops')).toBeTruthy();
  });

  it('shows a cell by its first line, count, time and outputs added up by type', async () => {
    await show([
      anExecution({
        stdout_bytes: 1500,
        outputs: [
          { mime: 'text/plain', bytes: 20 },
          { mime: 'text/plain', bytes: 30 }
        ]
      })
    ]);
    for (const text of [
      'model.fit(X, y)',
      '[3]',
      '250ms',
      'stdout 1.5kB',
      'text/plain 50B'
    ]) {
      expect(screen.getByText(text)).toBeTruthy();
    }
    expect(screen.getByRole('img', { name: 'succeeded' })).toBeTruthy();
  });

  it('tells the cells of a job run from those by hand in its kernel', async () => {
    await show([
      anExecution({ id: 'a', run_id: 'r1' }),
      anExecution({ id: 'b', after_run_id: 'r1' })
    ]);
    const [ofRun, byHand] = screen.getAllByRole('listitem');
    expect(ofRun.textContent).toContain('in a job run');
    expect(ofRun.textContent).not.toContain('by hand');
    expect(byHand.textContent).toContain('by hand, after a run that failed');
  });

  it('shows the error of a cell that raised', async () => {
    await show([
      anExecution({
        status: 'error',
        error_name: 'ValueError',
        error_message: 'too few rows\nand more'
      })
    ]);
    expect(screen.getByText('ValueError: too few rows')).toBeTruthy();
    expect(screen.getByRole('img', { name: 'error' })).toBeTruthy();
  });

  it('leads to the cell', async () => {
    const { shown } = await show([anExecution({ cell_id: 'c7' })]);
    await userEvent.click(screen.getByRole('button', { name: /model.fit/ }));
    expect(shown.map(({ cell_id }) => cell_id)).toEqual(['c7']);
  });

  it('says what went wrong instead of waiting for ever', async () => {
    await show(
      json({ message: 'The store is locked.', code: 'store_unavailable' }, 503)
    );
    expect(screen.getByRole('alert').textContent).toContain(
      'The store is locked.'
    );
    expect(screen.queryByText('Loading…')).toBeNull();
  });

  it('switches recording by a switch that says its state', async () => {
    const setRecording = jest.fn(async () => undefined);
    await show([], { state: 'off', detail: null, setRecording });
    const toggle = screen.getByRole('switch', { name: 'Record cells' });
    expect(toggle.getAttribute('aria-checked')).toBe('false');
    await userEvent.click(toggle);
    expect(setRecording).toHaveBeenCalledWith(true);
  });

  it.each([
    [
      'unsupported',
      'R',
      /runs R, which only the server can record, and it does not answer/
    ],
    ['no-kernel', null, /no running kernel/],
    ['switching', null, /Waiting for the kernel/]
  ] as const)(
    'disables the switch while %s, and says why',
    async (state, detail, why) => {
      await show([], { state, detail });
      const toggle = screen.getByRole('switch') as HTMLButtonElement;
      expect(toggle.disabled).toBe(true);
      expect(screen.getByText(why)).toBeTruthy();
    }
  );
});

const EDITED = {
  code: 'edited_after_run',
  sentence: 'It was edited after it ran.',
  cell: null,
  name: null
};

function aStaleCell(given: Partial<CellState> = {}): CellState {
  return aCellState({ stale: true, reasons: [EDITED], ...given });
}

describe('the state of the notebook', () => {
  it('is not judged where nothing is recorded', async () => {
    await show([]);
    expect(screen.queryByRole('region')).toBeNull();
  });

  it('is clean, and then there is nothing to do', async () => {
    await show([], undefined, aSessionState({ clean: true }));
    const state = screen.getByRole('region', { name: 'State of the notebook' });
    expect(state.textContent).toContain(
      'CleanEvery cell ran once, from top to bottom.'
    );
    expect(screen.queryByRole('button', { name: /Restart/ })).toBeNull();
  });

  it('is clean so far on the first way from top to bottom', async () => {
    const reasons = [
      { ...EDITED, code: 'never_run', sentence: '2 cells have not run.' }
    ];
    await show([], undefined, aSessionState({ reasons }));
    expect(screen.getByText('Clean so far')).toBeTruthy();
    expect(screen.getByText('2 cells have not run.')).toBeTruthy();
  });

  it('counts the stale cells, says why, leads to them and offers a fresh start', async () => {
    const session = aSessionState({
      reasons: [{ ...EDITED, sentence: 'One cell was edited after it ran.' }],
      cells: [aStaleCell(), aCellState({ cell: 'c2' })]
    });
    const { shown, asked } = await show([], undefined, session);
    expect(screen.getByText('1 stale cell')).toBeTruthy();
    expect(screen.getByText('One cell was edited after it ran.')).toBeTruthy();
    const row = screen.getByRole('button', { name: /source of c1/ });
    expect(row.textContent).toContain('edited after it ran');
    expect(row.title).toBe('It was edited after it ran.');
    await userEvent.click(row);
    expect(shown[0]).toMatchObject({ cell_id: 'c1', key_kind: 'id' });
    await userEvent.click(
      screen.getByRole('button', { name: 'Restart and run all' })
    );
    expect(asked).toEqual([['notebook:restart-run-all', {}]]);
  });

  it('is told at the last execution of a stale cell, not at those before', async () => {
    const last = aLastExecution({ execution_id: 'new' });
    await show(
      [
        anExecution({ id: 'new', source: 'now()' }),
        anExecution({ id: 'old', source: 'then()' })
      ],
      undefined,
      aSessionState({ cells: [aStaleCell({ last })] })
    );
    const text = (name: RegExp) =>
      screen.getByRole('button', { name }).textContent;
    expect(text(/now/)).toContain('Stale: edited after it ran');
    expect(text(/then/)).not.toContain('Stale');
  });
});

describe('the MLflow run by hand', () => {
  it('can be started where a Python kernel runs, and only there', async () => {
    await show([], undefined, null, { state: 'impossible', activeRun: null });
    expect(screen.queryByRole('button', { name: /MLflow/ })).toBeNull();
  });

  it('is named while it is active, and can be stopped', async () => {
    const stop = jest.fn(async () => undefined);
    await show([], undefined, null, {
      state: 'ready',
      activeRun: { run_id: 'r1', name: 'first try' },
      autologged: [],
      changed: new Signal({} as Tracking),
      stop
    });
    expect(screen.getByText(/first try/)).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Stop run' }));
    expect(stop).toHaveBeenCalled();
  });
});
