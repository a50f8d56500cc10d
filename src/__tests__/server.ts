import { ServerConnection } from '@jupyterlab/services';
import { Client } from '../api/client';

/** A request as a server would see it. */
export interface ISeen {
  method: string;
  path: string;
  query: Record<string, string>;
  body: any;
  headers: Headers;
}

/** JupyterLab adds the time to an address that must not be cached. */
const IS_CACHE_BUSTER = /^\d+$/;

type Answer = unknown | ((seen: ISeen) => unknown);

/** Node's requests take no signal of jsdom's. */
class UnabortedRequest extends Request {
  constructor(input: RequestInfo | URL, init: RequestInit = {}) {
    super(input, { ...init, signal: null });
  }
}

/** Answers by "METHOD /path" below our base; everything asked is kept in `seen`. */
export class AnsweringServer {
  constructor(private readonly _answers: Record<string, Answer> = {}) {}

  readonly seen: ISeen[] = [];

  readonly client = new Client(
    ServerConnection.makeSettings({
      baseUrl: 'http://localhost:1/user/ann/',
      Request: UnabortedRequest,
      fetch: (input: any, init: any) => {
        const answer = this._fetch(new Request(input, init));
        this._answering.push(answer);
        return answer;
      }
    })
  );

  answer(call: string, answer: Answer): void {
    this._answers[call] = answer;
  }

  /** When all that was asked is answered, and what asked has taken it. */
  async settled(): Promise<void> {
    let answered = -1;
    while (answered < this._answering.length) {
      answered = this._answering.length;
      await Promise.allSettled(this._answering);
      await new Promise(resolve => setTimeout(resolve));
    }
  }

  /** The requests of one kind, in order. */
  calls(call: string): ISeen[] {
    return this.seen.filter(({ method, path }) => `${method} ${path}` === call);
  }

  private async _fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const text = await request.text();
    const seen: ISeen = {
      method: request.method,
      path: url.pathname.replace('/user/ann/jupyter-mlops/api', ''),
      query: Object.fromEntries(
        [...url.searchParams].filter(([name]) => !IS_CACHE_BUSTER.test(name))
      ),
      body: text ? JSON.parse(text) : null,
      headers: request.headers
    };
    this.seen.push(seen);
    const answer = this._answers[`${seen.method} ${seen.path}`];
    const given = typeof answer === 'function' ? await answer(seen) : answer;
    if (given instanceof Response) {
      return given;
    }
    return given === undefined
      ? json({ message: 'Not Found' }, 404)
      : json(given);
  }

  private readonly _answering: Promise<Response>[] = [];
}

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json' }
  });
}

/** A refusal as the back end words it. */
export function refusal(
  field: string | null,
  message = 'Refused.',
  status = 422
): Response {
  return json({ message, code: 'bad_input', field, hint: 'Mend it.' }, status);
}

export function page<T>(items: T[], next_cursor: string | null = null) {
  return { items, next_cursor };
}
