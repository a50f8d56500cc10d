import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { RenderedText, RenderMimeRegistry } from '@jupyterlab/rendermime';
import { Signal } from '@lumino/signaling';
import React from 'react';
import { keepingCommands } from '../../__tests__/commands';
import { AnsweringServer, refusal } from '../../__tests__/server';
import {
  aGateResult,
  aModelPage,
  aRegistration,
  aVersion,
  aVersionPage
} from '../../__tests__/things';
import type { AliasMove, ModelPage } from '../../api/types';
import { CommandIDs } from '../../commands';
import { CHANGE_SCHEMA, ChangeFeed } from '../../live/changeFeed';
import { ModelPageModel } from '../model';
import { ModelPageView } from '../view';

function aMove(given: Partial<AliasMove> = {}): AliasMove {
  return {
    id: 'm1',
    model: 'cancer',
    alias: 'champion',
    from_version: '1',
    to_version: '2',
    action: 'promote',
    actor: 'ann',
    reason: 'better',
    registration_id: 'g1',
    state: 'done',
    created_at: '2026-11-21T08:00:00Z',
    done_at: '2026-11-21T08:00:00Z',
    ...given
  };
}

const RENDERMIME = new RenderMimeRegistry({
  initialFactories: [
    {
      safe: true,
      mimeTypes: ['text/markdown'],
      createRenderer: options => new RenderedText(options)
    }
  ]
});

const TWO: Partial<ModelPage> = {
  aliases: { champion: '2', previous: '1' },
  versions: [
    aVersion({
      version: '2',
      aliases: ['champion'],
      metrics: { accuracy: 0.979 },
      gate: 'passed',
      can_run_code: true
    }),
    aVersion({
      version: '1',
      aliases: ['previous'],
      metrics: { accuracy: 0.95 }
    })
  ],
  moves: [aMove()]
};

async function show(given: Partial<ModelPage> = TWO, answers = {}) {
  const server = new AnsweringServer({
    'GET /models/cancer': aModelPage(given),
    'GET /models/cancer/versions/2': aVersionPage(),
    'GET /servings': { items: [] },
    ...answers
  });
  const stream = new Signal<object, any>({});
  const feed = new ChangeFeed(stream, 0);
  const model = new ModelPageModel(server.client, feed, 'cancer');
  const { commands, asked } = keepingCommands();
  render(
    <ModelPageView model={model} commands={commands} rendermime={RENDERMIME} />
  );
  await act(() => server.settled());
  const emit = (id: string) =>
    act(async () => {
      const batched = new Promise(resolve => feed.batched.connect(resolve));
      stream.emit({ schema_id: CHANGE_SCHEMA, seq: 1, kind: 'model', id });
      await batched;
      await server.settled();
    });
  const open = async (tab: string) => {
    await userEvent.click(screen.getByRole('tab', { name: tab }));
    await act(() => server.settled());
  };
  return { server, model, asked, emit, open };
}

describe('ModelPageView', () => {
  it('shows the versions with their metrics, as a table and as charts', async () => {
    const { model } = await show();
    const row = screen.getByRole('row', { name: /0\.979/ });
    expect(within(row).getByText('champion')).toBeTruthy();
    expect(within(row).getByText('passed')).toBeTruthy();
    expect(within(row).getByText('can run code')).toBeTruthy();
    const chart = screen.getByRole('group', {
      name: /^accuracy over versions/
    });
    expect(within(chart).getAllByRole('button').length).toBe(2);
    model.dispose();
  });

  it('leads from a point of a chart to its version', async () => {
    const { model, server } = await show();
    const point = screen.getByRole('button', { name: /^Version 2, champion/ });
    point.focus();
    await userEvent.keyboard('{Enter}');
    await act(() => server.settled());
    expect([model.tab, model.version]).toEqual(['version', '2']);
    expect(server.calls('GET /models/cancer/versions/2').length).toBe(1);
    model.dispose();
  });

  it('moves between tabs by the arrow keys', async () => {
    const { model, server } = await show();
    screen.getByRole('tab', { name: 'Versions' }).focus();
    await userEvent.keyboard('{ArrowLeft}');
    await act(() => server.settled());
    expect(model.tab).toBe('history');
    expect(document.activeElement?.textContent).toBe('Alias history');
    expect(screen.getByText('better')).toBeTruthy();
    model.dispose();
  });

  it('says what a gate found, and what would pass', async () => {
    const refused = aGateResult({
      verdict: 'refused',
      message: 'accuracy is 0.678, below the least of 0.9.',
      would_pass: 'accuracy of at least 0.9.',
      seen: { value: 0.678, min: 0.9 }
    });
    const { model, open } = await show(TWO, {
      'GET /models/cancer/versions/2': aVersionPage({
        registration: aRegistration({ state: 'kept', gates: [refused] }),
        checksum_problem: 'model.skops changed since it was registered.'
      })
    });
    await open('Gates and facts');
    expect(screen.getByText(refused.message)).toBeTruthy();
    expect(screen.getByText(/accuracy of at least 0.9/)).toBeTruthy();
    expect(screen.getByRole('alert').textContent).toContain('model.skops');
    model.dispose();
  });

  it('compares two versions, the champion with the newest at first', async () => {
    const { server, model, open } = await show(
      { ...TWO, aliases: { champion: '1' } },
      {
        'GET /models/cancer/comparison': {
          name: 'cancer',
          a: '1',
          b: '2',
          params: [{ name: 'C', a: '1', b: '1' }],
          metrics: [{ name: 'accuracy', a: 0.95, b: 0.979 }],
          data: [],
          environment: [],
          code: '--- a\n+++ b\n@@ -1 +1 @@\n-fit(1)\n+fit(2)\n'
        }
      }
    );
    await open('Compare');
    expect(server.calls('GET /models/cancer/comparison')[0].query).toEqual({
      a: '1',
      b: '2'
    });
    expect(
      screen.getByRole('row', { name: 'accuracy 0.95 0.979 +0.029' })
    ).toBeTruthy();
    expect(screen.getByRole('row', { name: 'C 1 1 same' })).toBeTruthy();
    expect(screen.getByText('+fit(2)').dataset.kind).toBe('added');
    model.dispose();
  });

  it('opens what a part of the lineage stands for', async () => {
    const { asked, model, open } = await show(TWO, {
      'GET /models/cancer/versions/2/lineage': {
        nodes: [
          {
            id: 'cell',
            kind: 'cell',
            label: 'fit',
            facts: { execution_count: 3 },
            target: { notebook: 'train.ipynb', cell_id: 'c3' }
          },
          { id: 'v', kind: 'version', label: 'version 2', facts: {} }
        ],
        edges: [{ from: 'cell', to: 'v', label: 'logged' }]
      }
    });
    await open('Lineage');
    const cell = screen.getByRole('button', { name: /^cell/ });
    await userEvent.click(cell);
    expect(asked).toEqual([
      [CommandIDs.fixCell, { path: 'train.ipynb', cell: 'c3' }]
    ]);
    expect(screen.getByText('execution count')).toBeTruthy();
    expect(
      screen
        .getByRole('button', { name: /^model version/ })
        .getAttribute('aria-description')
    ).toBe('from fit: logged');
    model.dispose();
  });

  it('renders the model card, and saves it as a file', async () => {
    const saved: string[] = [];
    URL.createObjectURL = () => 'blob:card';
    URL.revokeObjectURL = () => undefined;
    HTMLAnchorElement.prototype.click = function () {
      saved.push(this.download);
    };
    const { model, open, server } = await show(TWO, {
      'GET /models/cancer/versions/2/card': ({
        query
      }: {
        query: { format: string };
      }) => ({ format: query.format, content: '# cancer, version 2' })
    });
    await open('Model card');
    await act(() => server.settled());
    expect(screen.getByText('# cancer, version 2')).toBeTruthy();
    for (const name of ['Download Markdown', 'Download HTML']) {
      await userEvent.click(screen.getByRole('button', { name }));
    }
    await act(() => server.settled());
    expect(saved).toEqual(['cancer-2.md', 'cancer-2.html']);
    model.dispose();
  });

  it('offers to roll an alias back only where another version held it', async () => {
    const { model } = await show();
    expect(
      screen.getByRole('button', { name: 'Roll back champion…' })
    ).toBeTruthy();
    model.dispose();
  });

  it('offers no way back to what never was', async () => {
    const moves = [aMove({ from_version: null })];
    const { model } = await show({ ...TWO, moves });
    expect(screen.queryByRole('button', { name: /^Roll back/ })).toBeNull();
    model.dispose();
  });

  it('approves what waits on the page, and asks anew', async () => {
    const { server, model } = await show({
      ...TWO,
      registrations: [aRegistration()]
    });
    server.answer('POST /registrations/g1/decision', aRegistration());
    server.answer('GET /models/cancer', aModelPage(TWO));
    await userEvent.click(screen.getByRole('button', { name: 'Approve' }));
    await act(() => server.settled());
    expect(screen.queryByRole('button', { name: 'Approve' })).toBeNull();
    model.dispose();
  });

  it('says that the alias of a promoted version has moved since', async () => {
    const registration = aRegistration({ state: 'promoted' });
    const held = aVersionPage({ registration, aliases: ['champion'] });
    const { server, model, emit, open } = await show(TWO, {
      'GET /models/cancer/versions/2': held
    });
    await open('Gates and facts');
    expect(screen.getByText('became champion')).toBeTruthy();
    expect(screen.queryByText(/has moved since/)).toBeNull();
    await open('Alias history');
    server.answer('GET /models/cancer/versions/2', { ...held, aliases: [] });
    await emit('cancer');
    await open('Gates and facts');
    expect(
      screen.getByText('The alias champion has moved since.')
    ).toBeTruthy();
    model.dispose();
  });

  it('asks for no part anew that nobody looks at', async () => {
    const { server, model, emit, open } = await show();
    await open('Gates and facts');
    await open('Alias history');
    await emit('cancer');
    const asked = () => server.calls('GET /models/cancer/versions/2').length;
    expect(asked()).toBe(1);
    await open('Gates and facts');
    expect(asked()).toBe(2);
    model.dispose();
  });

  it('follows changes of its own model, and of no other', async () => {
    const { server, model, emit } = await show();
    await emit('other');
    expect(server.calls('GET /models/cancer').length).toBe(1);
    await emit('cancer');
    expect(server.calls('GET /models/cancer').length).toBe(2);
    model.dispose();
  });

  it('keeps what it shows when the server fails, and says so', async () => {
    const { server, model, emit } = await show();
    server.answer('GET /models/cancer', () => refusal(null, 'No answer.', 503));
    await emit('cancer');
    expect(screen.getByText('No answer.')).toBeTruthy();
    expect(screen.getByRole('row', { name: /0\.979/ })).toBeTruthy();
    model.dispose();
  });

  it('shows what was refused before it became a version', async () => {
    const { model, open } = await show({
      ...TWO,
      registrations: [
        aRegistration({
          id: 'g9',
          version: null,
          state: 'refused',
          message: 'metric: accuracy is 0.678.'
        })
      ]
    });
    await open('Gates and facts');
    expect(screen.getByText('refused by a gate')).toBeTruthy();
    expect(screen.getByText('metric: accuracy is 0.678.')).toBeTruthy();
    model.dispose();
  });
});
