/** One server-sent event. */
export interface IServerEvent {
  name: string;
  data: string;
  /** The id to go on from, or null where the event has none. */
  id: string | null;
}

/**
 * The events of a `text/event-stream`, as they come, until it ends.
 *
 * The browser's own `EventSource` sends no headers, and so no token.
 */
export async function* readServerEvents(
  body: ReadableStream<Uint8Array>
): AsyncGenerator<IServerEvent, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      text += decoder.decode(value, { stream: true });
      const blocks = text.split(/\r?\n\r?\n/);
      text = blocks.pop()!;
      for (const block of blocks) {
        const event = parse(block);
        if (event) {
          yield event;
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The event of one block of lines; null for a comment. */
function parse(block: string): IServerEvent | null {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line)!;
    const before = fields.get(name);
    fields.set(
      name,
      name === 'data' && before !== undefined ? `${before}\n${value}` : value
    );
  }
  const data = fields.get('data');
  return data === undefined
    ? null
    : {
        name: fields.get('event') ?? 'message',
        data,
        id: fields.get('id') ?? null
      };
}
