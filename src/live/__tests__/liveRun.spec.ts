import { AnsweringServer, json, refusal } from '../../__tests__/server';
import { aRun } from '../../__tests__/things';
import { LiveRun } from '../liveRun';

const RUNNING = aRun({
  state: 'running',
  ended_at: null,
  cells_done: 1,
  progress: {
    cell: {
      index: 1,
      cell_id: 'c',
      line: 'fit()',
      started_at: '2026-11-21T08:00:00Z'
    },
    expected_end_at: null,
    expected_from: 0,
    cpu_percent: 90,
    memory_bytes: 1_000_000,
    processes: 1,
    memory_peak_bytes: 1_000_000,
    seen_at: '2026-11-21T08:00:01Z'
  }
});

function event(name: string, data: object, id?: string): string {
  const head = id ? `id: ${id}\n` : '';
  return `${head}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function stream(...events: string[]): Response {
  return new Response(events.join(''), {
    headers: { 'Content-Type': 'text/event-stream' }
  });
}

/** When what is watched is as it is waited for. */
function until(live: LiveRun, isSo: () => boolean): Promise<void> {
  return new Promise(resolve => {
    const look = () => {
      if (isSo()) {
        live.changed.disconnect(look);
        resolve();
      }
    };
    live.changed.connect(look);
    look();
  });
}

function textOf(live: LiveRun): string {
  return live.output.pieces.map(({ text }) => text).join('');
}

describe('LiveRun', () => {
  it('follows cells, outputs and resources to the end', async () => {
    const server = new AnsweringServer({
      'GET /runs/r1/events': () =>
        stream(
          event('run', RUNNING),
          event('cell_ended', { index: 1 }, 'a:1:1'),
          event('resources', { cpu_percent: 50, memory_bytes: 7 }, 'a:2:1'),
          event(
            'output',
            { index: 1, name: 'stdout', text: 'epoch 1\n' },
            'a:3:1'
          ),
          event('end', aRun())
        )
    });
    const live = new LiveRun(server.client, RUNNING);
    expect(live.cell?.line).toBe('fit()');
    await until(live, () => live.connection === 'ended');
    expect(live.run.state).toBe('succeeded');
    expect(live.cell).toBeNull();
    expect(live.resources).toEqual({ cpu: 50, memory: 7 });
    expect(textOf(live)).toBe('epoch 1\n');
    await server.settled();
    expect(server.seen.length).toBe(1);
    live.dispose();
  });

  it('goes on after the last event that it has seen when the stream breaks', async () => {
    const asked: (string | null)[] = [];
    const server = new AnsweringServer({
      'GET /runs/r1': RUNNING,
      'GET /runs/r1/events': ({ headers }: { headers: Headers }) => {
        asked.push(headers.get('Last-Event-ID'));
        return asked.length === 1
          ? stream(event('output', { name: 'stdout', text: 'one\n' }, 'a:4:1'))
          : stream(
              event('output', { name: 'stdout', text: 'two\n' }, 'a:5:1'),
              event('end', aRun())
            );
      }
    });
    const live = new LiveRun(server.client, RUNNING, 1);
    await until(live, () => live.connection === 'ended');
    expect(asked).toEqual([null, 'a:4:1']);
    expect(textOf(live)).toBe('one\ntwo\n');
    live.dispose();
  });

  it('begins anew with the output of another attempt', async () => {
    const server = new AnsweringServer({
      'GET /runs/r1/events': () =>
        stream(
          event('output', { name: 'stdout', text: 'first try\n' }, 'a:4:1'),
          event('output', { name: 'stdout', text: 'second try\n' }, 'b:1:0'),
          event('end', aRun())
        )
    });
    const live = new LiveRun(server.client, RUNNING);
    await until(live, () => live.connection === 'ended');
    expect(textOf(live)).toBe('second try\n');
    live.dispose();
  });

  it('asks for the run where too many are watching', async () => {
    let asked = 0;
    const server = new AnsweringServer({
      'GET /runs/r1/events': () => refusal('run', 'Too many.', 429),
      'GET /runs/r1': () =>
        ++asked < 2 ? json({ ...RUNNING, cells_done: 3 }) : json(aRun())
    });
    const live = new LiveRun(server.client, RUNNING, 1);
    await until(live, () => live.connection === 'ended');
    expect(live.run.state).toBe('succeeded');
    expect(asked).toBe(2);
    live.dispose();
  });

  it('leaves the browser its other connections: the third one asks', async () => {
    let streams = 0;
    let tellTwo: () => void;
    const two = new Promise<void>(resolve => (tellTwo = resolve));
    const server = new AnsweringServer({
      'GET /runs/r1': RUNNING,
      'GET /runs/r1/events': () => {
        if (++streams === 2) {
          tellTwo();
        }
        return new Promise(() => undefined);
      }
    });
    const lives = [1, 2, 3].map(() => new LiveRun(server.client, RUNNING));
    await until(lives[2], () => lives[2].connection === 'polling');
    await two;
    expect(streams).toBe(2);
    expect(lives[1].connection).toBe('connecting');
    lives.forEach(live => live.dispose());
  });
});
