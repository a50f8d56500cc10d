import { ApiError } from '../api/problem';
import type { Problem } from '../api/types';
import { type Reply, valueOf } from '../kernel/ask';

/** The one module of the kernel that answers the sidebar. */
export const SIDEBAR =
  "__import__('jupyter_mlops.experiments.sidebar', fromlist=['state'])";

/** Loads nothing of ours where neither MLflow nor we are there. */
export const STATE = `${SIDEBAR}.state() if {'mlflow', 'jupyter_mlops'} & __import__('sys').modules.keys() else ''`;

/** The expression that calls a function of the sidebar's module. */
export function call(name: string, ...texts: string[]): string {
  return `${SIDEBAR}.${name}(${texts.map(text => JSON.stringify(text)).join(', ')})`;
}

/** What an expression of that module gave; null where it said nothing. Throws the kernel's problem. */
export function answerIn<T>(reply: Reply | null, name: string): T | null {
  if (reply?.status !== 'ok') {
    throw new Error(errorIn(reply) ?? 'The kernel went away.');
  }
  const failure = errorIn(reply.user_expressions?.[name]);
  if (failure !== null) {
    throw new Error(failure);
  }
  const text = fromHexadecimal(valueOf(reply, name) ?? '');
  const { value, problem } = JSON.parse(text || '{}') as {
    value?: T;
    problem?: Problem;
  };
  if (problem) {
    throw new ApiError(problem, 0);
  }
  return value ?? null;
}

function errorIn(content: unknown): string | null {
  const { status, ename, evalue } = (content ?? {}) as Record<string, string>;
  return status === 'error' ? evalue || ename || 'The kernel refused.' : null;
}

/** The text in a literal of hexadecimal digits, which is as Python's `json.dumps` writes it: ASCII. */
function fromHexadecimal(literal: string): string {
  const digits = literal.match(/[0-9a-f]{2}/g) ?? [];
  return digits.map(digit => String.fromCharCode(parseInt(digit, 16))).join('');
}
