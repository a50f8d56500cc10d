import { Signal } from '@lumino/signaling';
import { AnsweringServer, json, page } from '../../__tests__/server';
import { aModelList, aRun, aStatus } from '../../__tests__/things';
import { CHANGE_SCHEMA, ChangeFeed } from '../../live/changeFeed';
import { PanelModel } from '../model';

function aPanel(answers = {}) {
  const server = new AnsweringServer({
    'GET /status': aStatus(),
    'GET /executions': page([]),
    'GET /runs': page([aRun()]),
    'GET /jobs': page([]),
    'GET /models': aModelList(),
    'GET /registrations': page([]),
    ...answers
  });
  const stream = new Signal<object, any>({});
  const feed = new ChangeFeed(stream, 0);
  const model = new PanelModel(server.client, feed, '0.1.0');
  let seq = 0;
  const emit = async (change: object) => {
    const batched = new Promise(resolve => feed.batched.connect(resolve));
    stream.emit({ schema_id: CHANGE_SCHEMA, seq: ++seq, ...change });
    await batched;
    await server.settled();
  };
  const shown = () => {
    model.setVisible(true);
    return server.settled();
  };
  return { server, model, emit, shown };
}

describe('PanelModel', () => {
  it('fetches nothing while it cannot be seen, and everything once it can', async () => {
    const { server, model, emit, shown } = aPanel();
    await emit({ kind: 'run', id: 'r1' });
    expect(server.seen).toEqual([]);
    model.setNotebook('train.ipynb');
    await shown();
    expect(new Set(server.seen.map(({ path }) => path))).toEqual(
      new Set([
        '/status',
        '/executions',
        '/runs',
        '/jobs',
        '/models',
        '/registrations'
      ])
    );
    model.dispose();
  });

  it.each([
    ['run', ['/runs', '/jobs']],
    ['job', ['/jobs']],
    ['model', ['/models', '/registrations']],
    ['worker', ['/status']],
    ['execution', ['/executions']]
  ])(
    'fetches after a change of a %s just what it concerns',
    async (kind, paths) => {
      const { server, model, emit, shown } = aPanel();
      model.setNotebook('train.ipynb');
      await shown();
      server.seen.length = 0;
      await emit({ kind, id: 'x', notebook: 'train.ipynb' });
      expect(new Set(server.seen.map(({ path }) => path))).toEqual(
        new Set(paths)
      );
      model.dispose();
    }
  );

  it('lets executions of other notebooks and changes of other roots be', async () => {
    const { server, model, emit, shown } = aPanel();
    model.setNotebook('train.ipynb');
    await shown();
    server.seen.length = 0;
    await emit({ kind: 'execution', id: 'x', notebook: 'other.ipynb' });
    await emit({ kind: 'run', id: 'x', root: '/home/bob' });
    expect(server.seen).toEqual([]);
    model.dispose();
  });

  it('fetches everything after changes were missed', async () => {
    const { server, model, emit, shown } = aPanel();
    await shown();
    await emit({ kind: 'job', id: 'j' });
    server.seen.length = 0;
    await emit({ kind: 'job', id: 'j', seq: 99 });
    expect(server.calls('GET /models').length).toBe(1);
    model.dispose();
  });

  it('asks for no list when the server extension is missing', async () => {
    const { server, model } = aPanel({
      'GET /status': () => json({ message: 'Not Found' }, 404)
    });
    await model.refresh();
    expect(model.status.server).toBe('missing');
    expect(server.seen.length).toBe(1);
    model.dispose();
  });

  it('notices that the two halves are of different versions', async () => {
    const { model } = aPanel({ 'GET /status': aStatus({ version: '0.2.0' }) });
    await model.refresh();
    expect(model.status.versionsDiffer).toBe(true);
    model.dispose();
  });

  it('asks a tracking server that is starting again, until its first answer', async () => {
    const { server, model, shown } = aPanel({
      'GET /models': aModelList({ answered_at: null, problem: 'Starting.' })
    });
    await shown();
    jest.useFakeTimers();
    await model.models.refresh();
    server.answer('GET /models', aModelList());
    await jest.advanceTimersByTimeAsync(5_000);
    expect(model.models.answer?.problem).toBeNull();
    const asked = server.calls('GET /models').length;
    await jest.advanceTimersByTimeAsync(20_000);
    expect(server.calls('GET /models').length).toBe(asked);
    jest.useRealTimers();
    model.dispose();
  });
});
