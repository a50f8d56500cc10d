import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { keepingCommands } from '../../__tests__/commands';
import { AnsweringServer, page, refusal } from '../../__tests__/server';
import { aModelList, aRegistration, aVersion } from '../../__tests__/things';
import type { ModelList, Registration } from '../../api/types';
import { CommandIDs } from '../../commands';
import { ModelsModel } from '../model';
import { ModelsView } from '../view';

async function show(given: Partial<ModelList>, waiting: Registration[] = []) {
  const server = new AnsweringServer({
    'GET /models': aModelList(given),
    'GET /registrations': page(waiting)
  });
  const model = new ModelsModel(server.client);
  const { commands, asked } = keepingCommands();
  render(<ModelsView model={model} commands={commands} />);
  await act(() => model.refresh());
  return { asked, server };
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

  it('opens the page of a model, and of one of its versions', async () => {
    const { asked } = await show({ items: [CANCER] });
    await userEvent.click(screen.getByRole('button', { name: /^cancer/ }));
    await userEvent.click(screen.getByRole('button', { name: 'Version 2' }));
    expect(asked).toEqual([
      [CommandIDs.openModel, { name: 'cancer' }],
      [CommandIDs.openModel, { name: 'cancer', version: '2' }]
    ]);
  });

  it('shows the newest version and those that hold an alias, with how their gates ended', async () => {
    const versions = [
      aVersion({ version: '4', gate: 'refused' }),
      aVersion({ version: '3' }),
      aVersion({ version: '2', aliases: ['champion'], gate: 'passed' })
    ];
    await show({ items: [{ ...CANCER, versions }] });
    expect(screen.getByText('gates refused')).toBeTruthy();
    expect(screen.getByText('gates passed')).toBeTruthy();
    expect(screen.queryByText('Version 3')).toBeNull();
    expect(screen.getByText('3 versions')).toBeTruthy();
  });

  it('approves what waits, with a comment', async () => {
    const { server } = await show({ items: [CANCER] }, [aRegistration()]);
    const waiting = screen.getByRole('group', { name: 'cancer, version 2' });
    server.answer('POST /registrations/g1/decision', aRegistration());
    server.answer('GET /registrations', page([]));
    await userEvent.type(
      within(waiting).getByRole('textbox', { name: /^Comment on/ }),
      ' looks good '
    );
    await userEvent.click(
      within(waiting).getByRole('button', { name: 'Approve' })
    );
    await act(() => server.settled());
    expect(server.calls('POST /registrations/g1/decision')[0].body).toEqual({
      approve: true,
      comment: 'looks good'
    });
    expect(screen.queryByText('Waiting for approval')).toBeNull();
  });

  it('says why a decision was refused, and keeps the comment', async () => {
    const { server } = await show({ items: [CANCER] }, [aRegistration()]);
    server.answer('POST /registrations/g1/decision', () =>
      refusal(null, 'It is decided already.', 409)
    );
    const comment = screen.getByRole('textbox', { name: /^Comment on/ });
    await userEvent.type(comment, 'no');
    await userEvent.click(screen.getByRole('button', { name: 'Reject' }));
    await act(() => server.settled());
    expect(screen.getByText('It is decided already.')).toBeTruthy();
    expect((comment as HTMLInputElement).value).toBe('no');
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
