import type { ModelVersion } from '../api/types';

/** A version's value of one metric. */
export interface IPoint {
  version: string;
  value: number;
  aliases: readonly string[];
}

/** The metrics of some versions: first those that most of them have, then by name. */
export function metricNames(versions: readonly ModelVersion[]): string[] {
  const counts = new Map<string, number>();
  for (const { metrics } of versions) {
    for (const name of Object.keys(metrics)) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort(([a, n], [b, m]) => m - n || a.localeCompare(b))
    .map(([name]) => name);
}

/** A metric over versions, the oldest first; versions without it, or without a number, are left out. */
export function pointsOf(
  versions: readonly ModelVersion[],
  metric: string
): IPoint[] {
  return [...versions]
    .reverse()
    .map(({ version, metrics, aliases }) => ({
      version,
      value: metrics[metric],
      aliases
    }))
    .filter(({ value }) => Number.isFinite(value));
}

/** A few round numbers that take in all values, from the lowest to the highest. */
export function ticksFor(values: readonly number[]): number[] {
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  const span = highest - lowest || Math.abs(highest) * 0.1 || 1;
  const step = roundStep(span / 2);
  const first = Math.floor(lowest / step + 1e-9);
  const last = Math.ceil(highest / step - 1e-9);
  // What never changed is a line in the middle.
  const margin = first === last ? 1 : 0;
  return Array.from({ length: last - first + 1 + 2 * margin }, (_, index) =>
    Number(((first - margin + index) * step).toPrecision(12))
  );
}

/** The smallest of 1, 2 or 5 times a power of ten that is not below a rough step. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find(each => each * power >= rough * 0.999);
  return (factor ?? 10) * power;
}
