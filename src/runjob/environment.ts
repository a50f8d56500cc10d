/** What is wrong with a line, counted from 1. */
export interface IEnvironmentProblem {
  line: number;
  reason: 'no-equals' | 'not-a-name' | 'twice' | 'not-a-reference';
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;
const SCHEME = 'secret://';
const SECRET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * The variables of a text, `NAME=VALUE` a line; empty lines and those that begin with `#` say nothing.
 *
 * Where something is wrong with a line, the first such line is told instead.
 */
export function readEnvironment(
  text: string
): { values: Record<string, string> } | { problem: IEnvironmentProblem } {
  const values = new Map<string, string>();
  for (const [index, whole] of text.split(/\r?\n/).entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) {
      continue;
    }
    const equals = line.indexOf('=');
    const name = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    const reason = equals < 0 ? 'no-equals' : wrong(name, value, values);
    if (reason) {
      return { problem: { line: index + 1, reason } };
    }
    values.set(name, value);
  }
  return { values: Object.fromEntries(values) };
}

/** As `readEnvironment` reads it. */
export function writeEnvironment(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

function wrong(
  name: string,
  value: string,
  before: ReadonlyMap<string, string>
): IEnvironmentProblem['reason'] | null {
  if (!NAME.test(name)) {
    return 'not-a-name';
  }
  if (before.has(name)) {
    return 'twice';
  }
  const isReference = value.toLowerCase().startsWith(SCHEME);
  const isNamed =
    value.startsWith(SCHEME) && SECRET.test(value.slice(SCHEME.length));
  return isReference && !isNamed ? 'not-a-reference' : null;
}
