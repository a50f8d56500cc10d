import { Signal } from '@lumino/signaling';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { AnsweringServer, json, page } from '../../__tests__/server';
import { anExecution } from '../../__tests__/things';
import type { Execution } from '../../api/types';
import type { Recorder } from '../../recording/recorder';
import { CellsModel } from '../model';
import { CellsView } from '../view';

function recordersWith(recorder: Partial<Recorder>): any {
  return { changed: new Signal({}), current: recorder };
}

async function show(
  executions: Execution[] | Response,
  recorder: Partial<Recorder> = { state: 'off' }
) {
  const answer =
    executions instanceof Response ? () => executions : page(executions);
  const server = new AnsweringServer({ 'GET /executions': answer });
  const model = new CellsModel(server.client);
  model.setNotebook('train.ipynb');
  const shown: Execution[] = [];
  render(
    <CellsView
      model={model}
      recorders={recordersWith(recorder)}
      onShow={execution => shown.push(execution)}
    />
  );
  await act(() => model.refresh());
  return { server, shown };
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
    const { shown } = await show([anExecution({ id: 'e7' })]);
    await userEvent.click(screen.getByRole('button', { name: /model.fit/ }));
    expect(shown.map(({ id }) => id)).toEqual(['e7']);
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
      /Only Python kernels can be recorded; this one runs R/
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
