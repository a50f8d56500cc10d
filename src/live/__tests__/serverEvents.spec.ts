import { type IServerEvent, readServerEvents } from '../serverEvents';

/** A stream that brings the bytes of a text, so many at a time. */
function streamOf(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const read = async () => {
    const value = bytes.slice(at, (at += size));
    return { done: value.length === 0, value };
  };
  const reader = { read, cancel: async () => undefined };
  return { getReader: () => reader } as any;
}

async function read(text: string, size = 1_000): Promise<IServerEvent[]> {
  const events: IServerEvent[] = [];
  for await (const event of readServerEvents(streamOf(text, size))) {
    events.push(event);
  }
  return events;
}

const STREAM =
  'event: run\ndata: {"state": "läuft"}\n\n' +
  ': still here\n\n' +
  'id: a:7:2\nevent: output\ndata: {"text": "a: b"}\n\n';

const EVENTS = [
  { name: 'run', data: '{"state": "läuft"}', id: null },
  { name: 'output', data: '{"text": "a: b"}', id: 'a:7:2' }
];

describe('readServerEvents', () => {
  it('reads names, data and ids, and leaves comments out', async () => {
    expect(await read(STREAM)).toEqual(EVENTS);
  });

  it.each([1, 2, 3, 7])('does so when %d bytes come at a time', async size => {
    expect(await read(STREAM, size)).toEqual(EVENTS);
  });

  it('takes no event that was broken off', async () => {
    expect(await read(STREAM + 'event: end\ndata: {"sta')).toEqual(EVENTS);
  });

  it('joins the lines of data', async () => {
    expect(await read('data: a\r\ndata: b\r\n\r\n')).toEqual([
      { name: 'message', data: 'a\nb', id: null }
    ]);
  });
});
