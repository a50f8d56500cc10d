/** Numbers, sizes and times as a person reads them, in the language of the page. */

function language(): string | undefined {
  return document.documentElement.lang || undefined;
}

function inUnit(value: number, unit: string, digits = 0): string {
  return new Intl.NumberFormat(language(), {
    style: 'unit',
    unit,
    unitDisplay: 'narrow',
    maximumFractionDigits: digits
  }).format(value);
}

/** A length of time given in seconds. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) {
    return inUnit(Math.round(seconds * 1000), 'millisecond');
  }
  if (seconds < 10) {
    return inUnit(seconds, 'second', 1);
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return inUnit(whole, 'second');
  }
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) {
    return pair(minutes, 'minute', whole % 60, 'second');
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? pair(hours, 'hour', minutes % 60, 'minute')
    : pair(Math.floor(hours / 24), 'day', hours % 24, 'hour');
}

function pair(big: number, bigUnit: string, small: number, smallUnit: string) {
  const first = inUnit(big, bigUnit);
  return small > 0 ? `${first} ${inUnit(small, smallUnit)}` : first;
}

const SIZE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];

/** A size given in bytes. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= 1000 && step < SIZE_UNITS.length - 1) {
    value /= 1000;
    step += 1;
  }
  return inUnit(value, SIZE_UNITS[step], value < 10 && step > 0 ? 1 : 0);
}

/** From how many seconds on a moment is counted in a unit, and how many seconds that unit has. */
const MOMENTS: [Intl.RelativeTimeFormatUnit, number, number][] = [
  ['day', 2 * 86_400, 86_400],
  ['hour', 3_600, 3_600],
  ['minute', 60, 60],
  ['second', 0, 1]
];

/** How long ago, or in how long, a moment is; ISO 8601 in. */
export function formatRelative(moment: string, now = Date.now()): string {
  const seconds = (Date.parse(moment) - now) / 1000;
  const [unit, , length] = MOMENTS.find(
    ([, from]) => Math.abs(seconds) >= from
  )!;
  return new Intl.RelativeTimeFormat(language(), {
    numeric: unit === 'second' ? 'auto' : 'always',
    style: 'short'
  }).format(Math.trunc(seconds / length), unit);
}

/** A moment in full, in the reader's time zone; ISO 8601 in. */
export function formatMoment(moment: string): string {
  return new Intl.DateTimeFormat(language(), {
    dateStyle: 'medium',
    timeStyle: 'medium'
  }).format(new Date(moment));
}

/** A coming moment as the wall clock of a time zone, by default the reader's, shows it; ISO 8601 in. */
export function formatFire(moment: string, timeZone: string | null): string {
  return new Intl.DateTimeFormat(language(), {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: timeZone ?? undefined
  }).format(new Date(moment));
}

/** A metric, short enough for a narrow sidebar. */
export function formatMetric(value: number): string {
  return new Intl.NumberFormat(language(), {
    maximumSignificantDigits: 4,
    useGrouping: false
  }).format(value);
}

/** A value as JSON on one line, with a blank after every comma and colon. */
export function formatJson(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(formatJson).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}: ${formatJson(item)}`
    );
    return `{${entries.join(', ')}}`;
  }
  return JSON.stringify(value);
}

/** A parameter's value, shortened to fit a line of the sidebar. */
export function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? value : formatJson(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** How much more something is, given as a fraction: "+18%", or "4×" where a percentage would be long. */
export function formatExcess(fraction: number): string {
  return fraction < 2
    ? new Intl.NumberFormat(language(), {
        style: 'percent',
        signDisplay: 'exceptZero',
        maximumFractionDigits: 0
      }).format(fraction)
    : `${Math.round(fraction + 1)}×`;
}

/** The first line of a cell that says something. */
export function firstLine(source: string): string {
  return (
    source
      .split('\n')
      .find(line => line.trim() !== '')
      ?.trim() ?? ''
  );
}
