import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { AnsweringServer, json, refusal } from '../../__tests__/server';
import type { Channel } from '../../api/types';
import { ChannelsModel } from '../model';
import { ChannelsView } from '../view';

const MAIL: Channel = { name: 'team-mail', kind: 'mailto', source: 'file' };
const PAGER: Channel = {
  name: 'pager',
  kind: 'pagerduty',
  source: 'environment'
};

const NONE = () => new Response(null, { status: 204 });

async function show(channels: Channel[], answers = {}) {
  const server = new AnsweringServer({
    'GET /notifications/channels': { items: channels },
    ...answers
  });
  const model = new ChannelsModel(server.client);
  render(<ChannelsView model={model} />);
  await act(() => server.settled());
  return { server, model };
}

async function press(server: AnsweringServer, name: string) {
  await userEvent.click(screen.getByRole('button', { name }));
  await act(() => server.settled());
}

describe('ChannelsView', () => {
  it('teaches what a channel is where there is none, and adds one', async () => {
    const channels: Channel[] = [];
    const { server, model } = await show(channels, {
      'PUT /notifications/channels/team-mail': () => {
        channels.push(MAIL);
        return MAIL;
      }
    });
    expect(screen.getByText('No channels yet')).toBeTruthy();
    await userEvent.type(screen.getByLabelText('Name'), 'team-mail');
    const address = screen.getByLabelText('Address');
    expect(address.getAttribute('type')).toBe('password');
    await userEvent.type(address, 'mailto://a:b@c.org');
    await press(server, 'Add');
    const [put] = server.calls('PUT /notifications/channels/team-mail');
    expect(put.body).toEqual({ address: 'mailto://a:b@c.org' });
    expect(screen.getByText(/“team-mail” is set up/)).toBeTruthy();
    expect(within(screen.getByRole('list')).getByText('mailto')).toBeTruthy();
    expect(model.draft).toEqual({ name: '', address: '' });
  });

  it('asks for what is missing before the server does', async () => {
    const { server } = await show([]);
    await press(server, 'Add');
    expect(screen.getByText('Give it a name.')).toBeTruthy();
    expect(screen.getByText('Give its address.')).toBeTruthy();
    expect(server.seen.length).toBe(1);
  });

  it('says at its input what the server refuses', async () => {
    const { server } = await show([], {
      'PUT /notifications/channels/Team': () => refusal('channel', 'No name.')
    });
    await userEvent.type(screen.getByLabelText('Name'), 'Team');
    await userEvent.type(screen.getByLabelText('Address'), 'a://b');
    await press(server, 'Add');
    const input = screen.getByLabelText('Name');
    expect(input.getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByText(/No name\./)).toBeTruthy();
  });

  it('changes an address without ever showing it', async () => {
    const { server } = await show([MAIL]);
    await press(server, 'Change…');
    expect(screen.getByText('Change “team-mail”')).toBeTruthy();
    const address = screen.getByLabelText('Address');
    expect(document.activeElement).toBe(address);
    expect(address).toHaveProperty('value', '');
    expect(screen.getByText('Change its address')).toBeTruthy();
  });

  it('leaves what the environment has to the environment', async () => {
    const { server } = await show([PAGER]);
    expect(screen.queryByText('Delete…')).toBeNull();
    await userEvent.type(screen.getByLabelText('Name'), 'pager');
    await userEvent.type(screen.getByLabelText('Address'), 'a://b');
    await press(server, 'Add');
    expect(screen.getByText(/which this cannot change/)).toBeTruthy();
    expect(server.seen.length).toBe(1);
  });

  it('says of each channel how its test went', async () => {
    const { server } = await show([MAIL, PAGER], {
      'POST /notifications/channels/team-mail/test': NONE,
      'POST /notifications/channels/pager/test': () =>
        json(
          {
            message: 'Refused.',
            code: 'not_delivered',
            field: 'channel',
            hint: null
          },
          503
        )
    });
    for (const test of screen.getAllByText('Send a test')) {
      await userEvent.click(test);
    }
    await act(() => server.settled());
    const [mail, pager] = screen.getAllByRole('listitem');
    expect(within(mail).getByRole('status').textContent).toContain(
      'has taken the test message'
    );
    expect(within(pager).getByRole('alert').textContent).toContain('Refused.');
  });

  it('deletes only after a second word', async () => {
    const channels = [MAIL];
    const { server } = await show(channels, {
      'DELETE /notifications/channels/team-mail': () => {
        channels.pop();
        return NONE();
      }
    });
    await press(server, 'Delete…');
    expect(document.activeElement?.textContent).toBe('Keep it');
    await press(server, 'Keep it');
    expect(screen.queryByText('Delete it')).toBeNull();
    await press(server, 'Delete…');
    await press(server, 'Delete it');
    expect(screen.getByText('No channels yet')).toBeTruthy();
    expect(
      server.calls('DELETE /notifications/channels/team-mail').length
    ).toBe(1);
  });
});
