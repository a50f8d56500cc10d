import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { AnsweringServer, refusal } from '../../__tests__/server';
import type { TakenOver } from '../../api/types';
import { Takeover } from '../takeover';
import { TakeoverView } from '../takeoverView';

const IMPORT = 'POST /definitions/import-scheduler';

function aDefinition(given: Partial<TakenOver> = {}): TakenOver {
  return {
    definition_id: 'd1',
    name: 'nightly',
    job: 'nightly',
    job_id: null,
    problem: null,
    not_taken: [],
    unplaced: null,
    ...given
  };
}

async function show(answer: unknown) {
  const server = new AnsweringServer({ [IMPORT]: answer });
  render(<TakeoverView model={new Takeover(server.client)} />);
  await act(() => server.settled());
  return server;
}

async function press(server: AnsweringServer, name: string) {
  await userEvent.click(screen.getByRole('button', { name }));
  await act(() => server.settled());
}

describe('TakeoverView', () => {
  it('shows what would become of each definition before it makes a job', async () => {
    const server = await show(({ body }: any) => ({
      dry_run: body.dry_run,
      definitions: [
        aDefinition({ job: 'nightly (2)', not_taken: ['its tags a'] })
      ]
    }));
    expect(screen.getByText('1 of 1 can be taken over.')).toBeTruthy();
    expect(screen.getByText('as “nightly (2)”')).toBeTruthy();
    expect(screen.getByText('Left behind: its tags a')).toBeTruthy();
    await press(server, 'Take over 1 job');
    expect(screen.getByText('1 of 1 were taken over.')).toBeTruthy();
    expect(screen.queryByText('Take over 1 job')).toBeNull();
    expect(server.seen.map(({ body }) => body)).toEqual([
      { activate: false, dry_run: true },
      { activate: false, dry_run: false }
    ]);
  });

  it('asks where a notebook is that was not found, and looks again before it takes over', async () => {
    const server = await show(({ body }: any) => ({
      dry_run: true,
      definitions: [
        aDefinition(),
        body.notebooks
          ? aDefinition({ definition_id: 'd2', name: 'lost', job: 'lost' })
          : aDefinition({
              definition_id: 'd2',
              name: 'lost',
              job: null,
              problem: 'There is no lost.ipynb.',
              unplaced: 'lost.ipynb'
            })
      ]
    }));
    expect(screen.getByText('There is no lost.ipynb.')).toBeTruthy();
    expect(screen.getByText('Take over 1 job')).toBeTruthy();
    await userEvent.type(
      screen.getByLabelText('Where lost.ipynb is'),
      'old/lost.ipynb'
    );
    expect(screen.queryByText('Take over 1 job')).toBeNull();
    await press(server, 'Look again');
    expect(server.seen[1].body.notebooks).toEqual({
      'lost.ipynb': 'old/lost.ipynb'
    });
    expect(screen.getByText('Take over 2 jobs')).toBeTruthy();
  });

  it('teaches where there is no database, and refuses at its input one that is none', async () => {
    const server = await show(() => refusal('database', 'No database.', 404));
    expect(screen.getByText(/jupyter-scheduler has left/)).toBeTruthy();
    expect(screen.queryByRole('alert')).toBeNull();
    const input = screen.getByLabelText('Its database');
    await userEvent.type(input, 'none.sqlite');
    await press(server, 'Look again');
    expect(server.seen[1].body.database).toBe('none.sqlite');
    expect(screen.getByRole('alert').textContent).toContain('No database.');
    expect(input.getAttribute('aria-invalid')).toBe('true');
  });

  it('offers nothing of a database without definitions', async () => {
    await show({ dry_run: true, definitions: [] });
    expect(screen.getByText('It has no job definitions.')).toBeTruthy();
    expect(screen.queryByText(/^Take over/)).toBeNull();
  });
});
