import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { RenderMimeRegistry } from '@jupyterlab/rendermime';
import { Signal } from '@lumino/signaling';
import React from 'react';
import { keepingCommands } from '../../__tests__/commands';
import { AnsweringServer, refusal } from '../../__tests__/server';
import {
  aModelPage,
  aServing,
  aVersion,
  aVersionPage
} from '../../__tests__/things';
import type { Serving } from '../../api/types';
import { ChangeFeed } from '../../live/changeFeed';
import { ModelPageModel } from '../../modelpage/model';
import { ServingView } from '../view';

async function show(items: Serving[], answers = {}) {
  const server = new AnsweringServer({
    'GET /models/cancer': aModelPage({
      versions: [aVersion({ version: '2' })]
    }),
    'GET /models/cancer/versions/2': aVersionPage({
      signature: { inputs: [{ type: 'double', name: 'radius' }] },
      input_example: {
        dataframe_split: { columns: ['radius'], data: [[14.2]] }
      }
    }),
    'GET /servings': { items },
    'GET /servings/s1': aServing({ log: ['Uvicorn running'] }),
    ...answers
  });
  const feed = new ChangeFeed(new Signal<object, any>({}), 0);
  const model = new ModelPageModel(server.client, feed, 'cancer');
  const { commands } = keepingCommands();
  const rendermime = new RenderMimeRegistry();
  render(<ServingView {...{ model, commands, rendermime }} />);
  await act(() => server.settled());
  await act(async () => {
    model.tab = 'serve';
    await server.settled();
  });
  await act(() => server.settled());
  return { server, model };
}

describe('ServingView', () => {
  it('starts serving the version that is looked at', async () => {
    const { server, model } = await show([]);
    server.answer('POST /servings', aServing({ state: 'starting' }));
    const log = ['Uvicorn running'];
    const starting = aServing({ state: 'starting', log });
    server.answer('GET /servings', { items: [starting] });
    await userEvent.click(
      screen.getByRole('button', { name: 'Serve version 2' })
    );
    await act(() => server.settled());
    expect(server.calls('POST /servings')[0].body).toEqual({
      model: 'cancer',
      version: '2'
    });
    expect(screen.getByText('starting')).toBeTruthy();
    expect(screen.getByText('Uvicorn running')).toBeTruthy();
    model.dispose();
  });

  it('tries a row that begins as the input example, and shows the answer', async () => {
    const { server, model } = await show([aServing()], {
      'POST /servings/s1/predictions': { predictions: [1], duration_s: 0.02 }
    });
    const radius = screen.getByRole('textbox', { name: /^radius/ });
    expect((radius as HTMLInputElement).value).toBe('14.2');
    await userEvent.clear(radius);
    await userEvent.type(radius, '28.1{Enter}');
    await act(() => server.settled());
    expect(server.calls('POST /servings/s1/predictions')[0].body).toEqual({
      dataframe_split: { columns: ['radius'], data: [[28.1]] }
    });
    expect(screen.getByText('Prediction, in 20ms')).toBeTruthy();
    expect(screen.getByText('1')).toBeTruthy();
    model.dispose();
  });

  it('shows what the scoring server refuses, and keeps what was typed', async () => {
    const { server, model } = await show([aServing()], {
      'POST /servings/s1/predictions': () =>
        refusal(null, 'The model needs the column sex.')
    });
    await userEvent.click(screen.getByRole('button', { name: 'Predict' }));
    await act(() => server.settled());
    expect(screen.getByText('The model needs the column sex.')).toBeTruthy();
    expect(screen.getByDisplayValue('14.2')).toBeTruthy();
    model.dispose();
  });

  it('says why a model could not be served, with its log, and offers another try', async () => {
    const failed = aServing({
      state: 'failed',
      message: 'It ended before it was ready.',
      log: ['ModuleNotFoundError: skops']
    });
    const { model } = await show([failed]);
    expect(screen.getByRole('alert').textContent).toContain('ended before');
    expect(screen.getByText('ModuleNotFoundError: skops')).toBeTruthy();
    expect(
      screen.getByRole('button', { name: 'Serve version 2' })
    ).toBeTruthy();
    model.dispose();
  });

  it('stops what is served', async () => {
    const { server, model } = await show([aServing()], {
      'DELETE /servings/s1': () => new Response(null, { status: 204 })
    });
    server.answer('GET /servings', { items: [] });
    await userEvent.click(screen.getByRole('button', { name: 'Stop serving' }));
    await act(() => server.settled());
    expect(server.calls('DELETE /servings/s1').length).toBe(1);
    expect(screen.queryByRole('button', { name: 'Predict' })).toBeNull();
    model.dispose();
  });
});
