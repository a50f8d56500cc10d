import {
  firstLine,
  formatBytes,
  formatDuration,
  formatFire,
  formatMetric,
  formatRelative,
  formatValue
} from '../format';

beforeAll(() => {
  document.documentElement.lang = 'en';
});

test.each([
  [0.0123, '12ms'],
  [1.26, '1.3s'],
  [59.4, '59s'],
  [60, '1m'],
  [185, '3m 5s'],
  [7_260, '2h 1m'],
  [90_000, '1d 1h']
])('%d seconds read %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [0, '0B'],
  [999, '999B'],
  [1_500, '1.5kB'],
  [23_456, '23kB'],
  [5_000_000_000, '5GB']
])('%d bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('moments read as how long ago, or in how long', () => {
  const now = Date.parse('2026-11-21T08:00:00Z');
  expect(formatRelative('2026-11-21T07:57:00Z', now)).toBe('3 min. ago');
  expect(formatRelative('2026-11-21T10:59:00Z', now)).toBe('in 2 hr.');
  expect(formatRelative('2026-11-23T05:30:00Z', now)).toBe('in 45 hr.');
  expect(formatRelative('2026-11-14T07:00:00Z', now)).toBe('7 days ago');
  expect(formatRelative('2026-11-21T08:00:00Z', now)).toBe('now');
});

test('a fire reads as the clock of its own time zone', () => {
  expect(formatFire('2026-11-23T05:00:00Z', 'Europe/Berlin')).toContain(
    '06:00'
  );
});

test('metrics keep four digits that matter', () => {
  expect(formatMetric(0.97902097902)).toBe('0.979');
  expect(formatMetric(1234567)).toBe('1235000');
  expect(formatMetric(0.000012345)).toBe('0.00001235');
});

test('long values are cut, and text is shown without quotes', () => {
  expect(formatValue('logreg')).toBe('logreg');
  expect(formatValue('x'.repeat(99)).length).toBe(60);
  expect(formatValue([1, 'a'])).toBe('[1, "a"]');
});

test('a cell is named by its first line that is not blank', () => {
  expect(firstLine('\n\n  fit(X)\nprint()')).toBe('fit(X)');
  expect(firstLine('')).toBe('');
});
