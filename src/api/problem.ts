import type { Problem } from './types';

/** No answer at all came from the server. */
export const UNREACHABLE = 'unreachable';

/** The server answers, but our server extension is not in it. */
export const EXTENSION_MISSING = 'extension_missing';

/** A refusal or failure of the back end, with what is wrong, where, and how to mend it. */
export class ApiError extends Error {
  constructor(
    readonly problem: Problem,
    readonly status: number
  ) {
    super(problem.message);
    this.name = 'ApiError';
  }
}

/** Any thrown thing as a problem that a person can read. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof ApiError) {
    return thrown.problem;
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { message, code: 'unexpected', field: null, hint: null };
}

/** One sentence with its mending, for a notification. */
export function asSentence(problem: Problem): string {
  return problem.hint ? `${problem.message} ${problem.hint}` : problem.message;
}

/** The problem in the body of an answer that is not a success. */
export async function readProblem(response: Response): Promise<ApiError> {
  const body = await response.json().catch(() => null);
  if (body !== null && typeof body.code === 'string') {
    return new ApiError({ field: null, hint: null, ...body }, response.status);
  }
  const message =
    body?.message || response.statusText || `HTTP ${response.status}`;
  const code = response.status === 404 ? EXTENSION_MISSING : 'http_error';
  return new ApiError(
    { message, code, field: null, hint: null },
    response.status
  );
}
