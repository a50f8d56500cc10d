import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { keepingCommands } from '../../__tests__/commands';
import { AnsweringServer } from '../../__tests__/server';
import { aModelList, aVersion } from '../../__tests__/things';
import type { ModelList } from '../../api/types';
import { CommandIDs } from '../../commands';
import { ModelsModel } from '../model';
import { ModelsView } from '../view';

async function show(given: Partial<ModelList>) {
  const server = new AnsweringServer({ 'GET /models': aModelList(given) });
  const model = new ModelsModel(server.client);
  const { commands, asked } = keepingCommands();
  render(<ModelsView model={model} commands={commands} />);
  await act(() => model.refresh());
  return { asked };
}

const CANCER = {
  name: 'cancer',
  description: null,
  versions: [
    aVersion({
      version: '2',
      aliases: ['champion'],
      metrics: { accuracy: 0.979 },
      run_id: 'r4',
      notebook: 'train.ipynb',
      can_run_code: true
    }),
    aVersion({ version: '1' })
  ]
};

describe('ModelsView', () => {
  it('shows versions with aliases, metrics, and a warning where a model can run code', async () => {
    await show({ items: [CANCER] });
    for (const text of [
      'cancer',
      '2 versions',
      'Version 2',
      'champion',
      '0.979'
    ]) {
      expect(screen.getByText(text)).toBeTruthy();
    }
    expect(screen.getAllByRole('img', { name: /pickle/ }).length).toBe(1);
  });

  it('leads to the run and the notebook of a version', async () => {
    const { asked } = await show({ items: [CANCER] });
    await userEvent.click(screen.getByRole('button', { name: 'Show its run' }));
    await userEvent.click(screen.getByRole('button', { name: 'train.ipynb' }));
    expect(asked).toEqual([
      [CommandIDs.showRun, { run: 'r4' }],
      [CommandIDs.openNotebook, { path: 'train.ipynb' }]
    ]);
  });

  it('folds a model away', async () => {
    await show({ items: [CANCER] });
    await userEvent.click(screen.getByRole('button', { name: /cancer/ }));
    expect(screen.queryByText('Version 2')).toBeNull();
  });

  it('says since when the tracking server is silent, beside its last answer', async () => {
    await show({
      items: [CANCER],
      age_s: 185,
      problem: 'The tracking server does not answer.'
    });
    expect(
      screen.getByText('The tracking server does not answer.')
    ).toBeTruthy();
    expect(screen.getByText('This is what it said 3m 5s ago.')).toBeTruthy();
    expect(screen.getByText('cancer')).toBeTruthy();
  });

  it('does not teach how to register while the tracking server is silent', async () => {
    await show({ problem: 'No answer.', age_s: null, answered_at: null });
    expect(screen.queryByText('No registered models yet')).toBeNull();
    expect(screen.getByText(/There is no earlier answer to show/)).toBeTruthy();
  });

  it('says nothing of age when the answer is fresh', async () => {
    await show({ items: [], age_s: 2 });
    expect(screen.queryByText(/ago/)).toBeNull();
    expect(screen.getByText('No registered models yet')).toBeTruthy();
  });
});
