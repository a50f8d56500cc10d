import { Signal } from '@lumino/signaling';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { keepingCommands } from '../../__tests__/commands';
import { AnsweringServer } from '../../__tests__/server';
import type { Notice } from '../../api/types';
import { CommandIDs } from '../../commands';
import { CHANGE_SCHEMA, ChangeFeed } from '../../live/changeFeed';
import { Inbox } from '../inbox';
import { Bell, InboxView } from '../view';

function aNotice(given: Partial<Notice> = {}): Notice {
  return {
    id: 'n1',
    event: 'failed',
    channel: 'jupyterlab',
    state: 'unseen',
    title: 'nightly failed',
    body: 'Cell 3 raised NameError.\nNotebook: nightly.ipynb',
    run_id: 'r1',
    job_id: 'j1',
    tries: 1,
    problem: null,
    created_at: '2026-11-21T08:00:00Z',
    next_try_at: null,
    sent_at: null,
    ...given
  };
}

function anInbox(items: Notice[]) {
  const server = new AnsweringServer();
  const answer = (items: Notice[]) =>
    server.answer('GET /notifications', {
      items,
      next_cursor: null,
      unseen: items.filter(({ state }) => state === 'unseen').length
    });
  answer(items);
  const stream = new Signal<object, any>({});
  const feed = new ChangeFeed(stream, 0);
  const inbox = new Inbox(server.client, feed, root => root !== '/else');
  const arrived: string[] = [];
  inbox.arrived.connect((_, { id }) => arrived.push(id));
  let seq = 0;
  const change = async (root = '/home') => {
    const batched = new Promise(resolve => feed.batched.connect(resolve));
    stream.emit({
      schema_id: CHANGE_SCHEMA,
      seq: ++seq,
      kind: 'notification',
      id: 'n',
      root
    });
    await batched;
    await server.settled();
  };
  return { server, answer, inbox, arrived, change };
}

describe('Inbox', () => {
  it('tells of what comes, once, and not of what was there', async () => {
    const { inbox, answer, arrived, change } = anInbox([aNotice()]);
    await inbox.refresh();
    expect(arrived).toEqual([]);
    answer([aNotice({ id: 'n2' }), aNotice()]);
    await change();
    await change();
    expect(arrived).toEqual(['n2']);
    expect(inbox.unseen).toBe(2);
  });

  it('keeps quiet about what was seen elsewhere, and about other servers', async () => {
    const { server, inbox, answer, arrived, change } = anInbox([]);
    await inbox.refresh();
    answer([aNotice({ state: 'seen' })]);
    await change('/else');
    expect(server.seen.length).toBe(1);
    await change();
    expect(arrived).toEqual([]);
  });

  it('says that it was seen when it is opened, and shows what was new', async () => {
    const { server, inbox } = anInbox([
      aNotice(),
      aNotice({ id: 'n2', state: 'seen', title: 'old failed' })
    ]);
    server.answer('POST /notifications/seen', { marked: 1, unseen: 0 });
    const { commands, asked } = keepingCommands();
    const onClose = jest.fn();
    render(
      <InboxView
        id="list"
        inbox={inbox}
        commands={commands}
        onClose={onClose}
      />
    );
    await act(() => server.settled());
    expect(server.calls('POST /notifications/seen')[0].body).toEqual({
      ids: ['n1']
    });
    expect(inbox.unseen).toBe(0);
    expect(inbox.items.map(item => inbox.isNew(item))).toEqual([true, false]);
    expect(screen.getAllByText('Cell 3 raised NameError.').length).toBe(2);
    await userEvent.click(
      screen.getByRole('button', { name: /nightly failed/ })
    );
    expect(asked).toEqual([[CommandIDs.showRun, { run: 'r1' }]]);
    expect(onClose).toHaveBeenCalledTimes(1);
    await userEvent.keyboard('{Escape}');
    expect(onClose).toHaveBeenCalledTimes(2);
  });

  it('rings with how many are unseen', async () => {
    const { inbox } = anInbox([aNotice(), aNotice({ id: 'n2' })]);
    const onToggle = jest.fn();
    render(
      <Bell inbox={inbox} isOpen={false} listId="list" onToggle={onToggle} />
    );
    await act(() => inbox.refresh());
    await userEvent.click(
      screen.getByRole('button', { name: 'Notifications: 2 unseen' })
    );
    expect(onToggle).toHaveBeenCalledTimes(1);
  });
});
