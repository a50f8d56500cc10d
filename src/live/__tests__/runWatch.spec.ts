import { Signal } from '@lumino/signaling';
import { AnsweringServer } from '../../__tests__/server';
import { aRun } from '../../__tests__/things';
import { CHANGE_SCHEMA, ChangeFeed } from '../changeFeed';
import { RunWatch } from '../runWatch';

function aWatch() {
  const server = new AnsweringServer({
    'GET /runs/r2': aRun({ id: 'r2' }),
    'POST /runs': aRun({ id: 'r2' })
  });
  const stream = new Signal<object, any>({});
  const feed = new ChangeFeed(stream, 0);
  const watch = new RunWatch(server.client, feed, root => root !== '/else');
  const told: string[] = [];
  watch.succeeded.connect((_, run) => told.push(run.id));
  let seq = 0;
  const emit = async (id: string, state: string, root = '/home') => {
    const batched = new Promise(resolve => feed.batched.connect(resolve));
    stream.emit({
      schema_id: CHANGE_SCHEMA,
      seq: ++seq,
      kind: 'run',
      id,
      state,
      root
    });
    await batched;
    await server.settled();
  };
  return { server, emit, told };
}

describe('RunWatch', () => {
  it('tells of a success only to the page that submitted the run', async () => {
    const { server, emit, told } = aWatch();
    await emit('r2', 'succeeded');
    expect(told).toEqual([]);
    await server.client.submitRun({ notebook: 'train.ipynb' });
    await emit('r2', 'succeeded');
    await emit('r2', 'succeeded');
    expect(told).toEqual(['r2']);
  });

  it('keeps quiet about other states, and about other servers', async () => {
    const { server, emit, told } = aWatch();
    await server.client.submitRun({ notebook: 'train.ipynb' });
    await emit('r2', 'running');
    await emit('r2', 'failed');
    await emit('r2', 'succeeded', '/else');
    expect(told).toEqual([]);
  });
});
