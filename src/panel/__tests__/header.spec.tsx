import { Signal } from '@lumino/signaling';
import { act, render, screen } from '@testing-library/react';
import React from 'react';
import { keepingCommands } from '../../__tests__/commands';
import { AnsweringServer, json } from '../../__tests__/server';
import { aStatus } from '../../__tests__/things';
import { ChangeFeed } from '../../live/changeFeed';
import { Inbox } from '../../notifications/inbox';
import { PanelHeader } from '../header';
import { StatusModel } from '../statusModel';

async function show(answer: unknown) {
  const server = new AnsweringServer({ 'GET /status': answer });
  const model = new StatusModel(server.client, '0.1.0');
  const feed = new ChangeFeed(new Signal<object, any>({}));
  const { commands } = keepingCommands();
  const inbox = new Inbox(server.client, feed, () => true);
  render(<PanelHeader model={model} inbox={inbox} commands={commands} />);
  await act(() => model.refresh());
  return { server, model };
}

describe('PanelHeader', () => {
  it('says how many workers are alive', async () => {
    await show(aStatus());
    const line = screen.getByTitle(/process \d+: 2 runs at a time/);
    expect(line.textContent).toBe('1 worker, 2 runs at a time');
  });

  it('says that no worker is alive', async () => {
    await show(aStatus({ workers: [] }));
    expect(screen.getByText(/No worker is alive/)).toBeTruthy();
  });

  it('teaches how to enable a missing server extension', async () => {
    await show(() => json({ message: 'Not Found' }, 404));
    expect(screen.getByRole('alert').textContent).toContain(
      'jupyter server extension enable jupyter_mlops'
    );
  });

  it('passes on what has failed and how to mend it', async () => {
    await show(() =>
      json(
        {
          message: 'The store cannot be opened.',
          code: 'store_unavailable',
          field: null,
          hint: 'Free some disk space.'
        },
        503
      )
    );
    const text = screen.getByRole('alert').textContent;
    expect(text).toContain('The store cannot be opened.');
    expect(text).toContain('Free some disk space.');
  });

  it('names both versions when they differ', async () => {
    await show(aStatus({ version: '0.3.0' }));
    expect(
      screen.getByText(/This page has 0.1.0, the server has 0.3.0/)
    ).toBeTruthy();
  });

  it('is well again when the server is', async () => {
    const { server, model } = await show(() => {
      throw new TypeError('Failed to fetch');
    });
    expect(screen.getByText('The Jupyter server does not answer')).toBeTruthy();
    server.answer('GET /status', aStatus());
    await act(() => model.refresh());
    expect(screen.queryByRole('alert')).toBeNull();
  });
});
