import { Signal } from '@lumino/signaling';
import { AnsweringServer } from '../../__tests__/server';
import { aRun } from '../../__tests__/things';
import { CHANGE_SCHEMA, ChangeFeed } from '../changeFeed';
import { RunWatch } from '../runWatch';

function aWatch() {
  const server = new AnsweringServer({
    'GET /runs/r1': aRun({ id: 'r1', state: 'failed' }),
    'GET /runs/r2': aRun({ id: 'r2' }),
    'POST /runs': aRun({ id: 'r2' })
  });
  const stream = new Signal<object, any>({});
  const feed = new ChangeFeed(stream, 0);
  const watch = new RunWatch(server.client, feed, root => root !== '/else');
  const ended: string[] = [];
  watch.ended.connect((_, run) => ended.push(run.id));
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
  return { server, emit, ended };
}

describe('RunWatch', () => {
  it('tells once of a run that failed, whoever started it', async () => {
    const { emit, ended } = aWatch();
    await emit('r1', 'failed');
    await emit('r1', 'failed');
    expect(ended).toEqual(['r1']);
  });

  it('tells of a success only to the page that submitted the run', async () => {
    const { server, emit, ended } = aWatch();
    await emit('r2', 'succeeded');
    expect(ended).toEqual([]);
    await server.client.submitRun({ notebook: 'train.ipynb' });
    await emit('r2', 'succeeded');
    expect(ended).toEqual(['r2']);
  });

  it('keeps quiet about states that are not ends, and about other servers', async () => {
    const { emit, ended } = aWatch();
    await emit('r1', 'running');
    await emit('r1', 'failed', '/else');
    expect(ended).toEqual([]);
  });
});
