import { specOf, type TriggerField, type TriggerKind } from '../triggerSpec';

function spec(
  kind: TriggerKind,
  texts: Partial<Record<TriggerField, string>> = {}
) {
  return specOf(kind, field => texts[field] ?? '');
}

test.each(['cron', 'interval', 'once', 'file', 'after', 'registry'] as const)(
  'the server is not asked about a %s of which nothing was typed',
  kind => {
    expect(spec(kind)).toBeNull();
  }
);

test.each([
  ['interval', { seconds: '15m' }, { seconds: 900 }],
  ['interval', { seconds: 'often' }, { seconds: 'often' }],
  ['file', { path: 'data/*.csv' }, { path: 'data/*.csv', on: 'any' }],
  [
    'file',
    { path: 'in', on: 'created', passTo: 'source' },
    { path: 'in', on: 'created', pass: { source: 'path' } }
  ],
  [
    'after',
    { job: 'prepare', passTo: 'table', passSource: 'output_path' },
    { job: 'prepare', on: 'success', pass: { table: 'output_path' } }
  ],
  ['registry', { model: 'churn' }, { model: 'churn', on: 'version' }],
  [
    'registry',
    { model: 'churn', on: 'alias', alias: 'champion' },
    { model: 'churn', on: 'alias', alias: 'champion' }
  ],
  ['registry', { model: 'c', alias: 'a' }, { model: 'c', on: 'version' }],
  ['http', {}, {}],
  ['http', { signed: 'true' }, { signed: true }]
] as const)('a %s of %j is asked for so', (kind, texts, expected) => {
  expect(spec(kind, texts)).toEqual(expected);
});

test('once is a moment of the reader’s own clock', () => {
  const sent = spec('once', { at: '2026-12-01T06:00' })!.at as string;
  expect(new Date(sent).getHours()).toBe(6);
  expect(sent).toMatch(/Z$/);
});
