import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { AnsweringServer, refusal } from '../../__tests__/server';
import type { Cleaning } from '../../api/types';
import { CleanUp } from '../model';
import { CleanUpView } from '../view';

function aCleaning(given: Partial<Cleaning> = {}): Cleaning {
  return {
    dry_run: true,
    count: 1,
    runs: [
      {
        id: 'r1',
        job_id: 'j1',
        job_name: 'nightly',
        state: 'succeeded',
        ended_at: '2026-01-01T00:00:00Z',
        why: 'older_than',
        bytes: 2048
      }
    ],
    bytes: 2048,
    snapshot_bytes: 0,
    problems: [],
    complete: true,
    limited_jobs: 1,
    ...given
  };
}

function show(answer: unknown) {
  const server = new AnsweringServer({ 'POST /housekeeping': answer });
  render(<CleanUpView model={new CleanUp(server.client)} />);
  return server;
}

async function look(server: AnsweringServer) {
  await userEvent.click(
    screen.getByRole('button', { name: 'Show what would go' })
  );
  await act(() => server.settled());
}

describe('CleanUpView', () => {
  it('shows what would go before it lets it go', async () => {
    const server = show(({ body }: any) =>
      aCleaning({ dry_run: body.dry_run })
    );
    expect(screen.queryByText(/Remove/)).toBeNull();
    await userEvent.type(screen.getByLabelText('Ended longer ago than'), '30d');
    await userEvent.type(
      screen.getByLabelText('Keep of each job the newest'),
      '50'
    );
    await look(server);
    expect(screen.getByText(/1 run would go, with 2/)).toBeTruthy();
    expect(screen.getByText(/nightly/)).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Remove 1 run' }));
    await act(() => server.settled());
    const order = { older_than: '30d', keep: 50 };
    expect(server.seen.map(({ body }) => body)).toEqual([
      { ...order, dry_run: true },
      { ...order, dry_run: false }
    ]);
    expect(screen.getByText(/1 run was removed/)).toBeTruthy();
    expect(screen.queryByText(/Remove 1/)).toBeNull();
  });

  it('takes the offer back when a limit is changed', async () => {
    const server = show(aCleaning());
    await look(server);
    expect(screen.getByText('Remove 1 run')).toBeTruthy();
    await userEvent.type(screen.getByLabelText('Ended longer ago than'), '9d');
    expect(screen.queryByText('Remove 1 run')).toBeNull();
  });

  it('offers nothing where nothing would go', async () => {
    const server = show(aCleaning({ count: 0, runs: [], limited_jobs: 0 }));
    await look(server);
    expect(screen.getByText(/no job has a limit/)).toBeTruthy();
    expect(screen.queryByText(/Remove/)).toBeNull();
  });

  it('says at its input what is no limit', async () => {
    const server = show(() => refusal('older_than', 'Not an age.'));
    await look(server);
    expect(screen.getByRole('alert').textContent).toContain('Not an age.');
    const input = screen.getByLabelText('Ended longer ago than');
    expect(input.getAttribute('aria-invalid')).toBe('true');
  });

  it('says what could not be removed', async () => {
    const server = show(({ body }: any) =>
      aCleaning(body.dry_run ? {} : { problems: ['r1 is read-only.'] })
    );
    await look(server);
    await userEvent.click(screen.getByRole('button', { name: 'Remove 1 run' }));
    await act(() => server.settled());
    expect(screen.getByText('r1 is read-only.')).toBeTruthy();
  });
});
