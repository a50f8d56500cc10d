/** Seconds of each unit, by what it is called. */
const UNITS: [RegExp, number][] = [
  [/^(s|sec|secs|second|seconds)?$/, 1],
  [/^(m|min|mins|minute|minutes)$/, 60],
  [/^(h|hr|hrs|hour|hours)$/, 3_600],
  [/^(d|day|days)$/, 86_400]
];

/** A length of time in its largest whole unit, “90s”, “15m” or “2h”. */
export function writeDuration(seconds: number): string {
  const [size, unit] = (
    [
      [86_400, 'd'],
      [3_600, 'h'],
      [60, 'm']
    ] as const
  ).find(([size]) => seconds > 0 && seconds % size === 0) ?? [1, 's'];
  return `${seconds / size}${unit}`;
}

/** The seconds of a length of time as one writes it, “90”, “15m” or “1 h 30 min”; null where it is none. */
export function parseDuration(text: string): number | null {
  const parts = text.trim().toLowerCase();
  if (!/^(\d+(\.\d+)?\s*[a-z]*\s*)+$/.test(parts)) {
    return null;
  }
  let seconds = 0;
  for (const [, count, unit] of parts.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)/g)) {
    const known = UNITS.find(([names]) => names.test(unit));
    if (!known) {
      return null;
    }
    seconds += Number(count) * known[1];
  }
  return seconds;
}
