import { Signal } from '@lumino/signaling';
import { act, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { RunComparison } from '../compareDialog';
import { LogDraft } from '../logDraft';
import { LogFields } from '../logDialog';
import type { Tracking } from '../model';
import { RunPair } from '../runPair';
import type { INotebookRun } from '../types';
import { ActiveRun } from '../view';

function aTracking(facts: Partial<Tracking>): any {
  const tracking = {
    state: 'ready',
    activeRun: null,
    autologged: [],
    outcome: null,
    isWaiting: false,
    ...facts
  };
  return Object.assign(tracking, { changed: new Signal(tracking) });
}

function show(facts: Partial<Tracking>) {
  const current = aTracking(facts);
  render(<ActiveRun trackings={{ changed: new Signal({}), current } as any} />);
}

const RUN = { run_id: 'r1', name: 'first try' };

describe('ActiveRun', () => {
  it('switches autologging, and says what is so', async () => {
    const setAutolog = jest.fn(async () => undefined);
    show({ setAutolog });
    const toggle = screen.getByRole('checkbox', { name: /Log automatically/ });
    expect((toggle as HTMLInputElement).checked).toBe(false);
    await userEvent.click(toggle);
    expect(setAutolog).toHaveBeenCalledWith(true);
  });

  it('does not switch while the kernel is asked something else', async () => {
    const setAutolog = jest.fn(async () => undefined);
    show({ setAutolog, state: 'keeping' });
    await userEvent.click(screen.getByRole('checkbox'));
    expect(setAutolog).not.toHaveBeenCalled();
  });

  it('names the library that alone logs by itself', () => {
    show({ autologged: ['sklearn'] });
    expect(screen.getByText(/Only of sklearn/)).toBeTruthy();
  });

  it('offers to log by hand in a run only', () => {
    show({});
    expect(screen.queryByRole('button', { name: 'Log…' })).toBeNull();
    show({ activeRun: RUN });
    expect(screen.getByRole('button', { name: 'Log…' })).toBeTruthy();
  });

  it('tells what was kept and which run knows of it', () => {
    const kept = {
      sha: '0123456789abcdef',
      notebook: 'a.ipynb',
      differences: ['Cell 2 was edited after it ran.'],
      run: 'first try',
      run_problem: null
    };
    show({ outcome: { kind: 'kept', kept } });
    const status = screen.getAllByRole('status').at(-1)!;
    expect(status.textContent).toContain('0123456789ab');
    expect(status.textContent).toContain('“first try”');
    expect(status.textContent).toContain('edited after it ran');
  });

  it('says that the kernel is busy', () => {
    show({ state: 'switching', isWaiting: true });
    expect(screen.getByText(/kernel is busy/)).toBeTruthy();
  });
});

describe('LogFields', () => {
  it('refuses next to the field', async () => {
    const draft = new LogDraft(async () => undefined);
    render(<LogFields draft={draft} tracking={aTracking({})} />);
    await userEvent.type(screen.getByLabelText('Name'), 'loss');
    await userEvent.type(screen.getByLabelText('Value'), 'low');
    await act(async () => void (await draft.submit()));
    const value = screen.getByLabelText('Value');
    expect(value.getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByRole('alert').textContent).toContain('a number');
    expect(screen.getByLabelText('Name').getAttribute('aria-invalid')).toBe(
      'false'
    );
  });
});

describe('RunComparison', () => {
  const runs: INotebookRun[] = ['newest', 'middle', 'oldest'].map(
    (name, age) => ({
      run_id: `id-${name}`,
      name,
      status: 'FINISHED',
      started_at_ms: 1e12 - age
    })
  );
  const compare = jest.fn(async (a: string, b: string) => ({
    a,
    b,
    rows: [{ name: 'metric accuracy', a: 0.5, b: 0.75 }]
  }));

  async function compared(listed: INotebookRun[]) {
    const pair = new RunPair({ runs: async () => listed, compare });
    render(<RunComparison pair={pair} tracking={aTracking({})} />);
    await act(() => pair.load());
    return pair;
  }

  it('compares the newest run with the one before, then those that are chosen', async () => {
    await compared(runs);
    expect(compare).toHaveBeenLastCalledWith('id-middle', 'id-newest');
    expect(screen.getByRole('row', { name: /accuracy/ }).textContent).toContain(
      '+0.25'
    );
    await act(async () => {
      fireEvent.change(screen.getByLabelText('Compare'), {
        target: { value: 'id-oldest' }
      });
    });
    expect(compare).toHaveBeenLastCalledWith('id-oldest', 'id-newest');
  });

  it('says that there is nothing to compare a single run with', async () => {
    await compared(runs.slice(0, 1));
    expect(screen.getByText(/fewer than two/)).toBeTruthy();
  });

  it('shows the words of the kernel when it refuses', async () => {
    const pair = new RunPair({
      runs: async () => {
        throw new Error('MLflow does not answer.');
      },
      compare
    });
    render(<RunComparison pair={pair} tracking={aTracking({})} />);
    await act(() => pair.load());
    expect(screen.getByText('MLflow does not answer.')).toBeTruthy();
    expect(screen.queryByText('Loading…')).toBeNull();
  });
});
