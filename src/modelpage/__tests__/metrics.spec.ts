import { aVersion } from '../../__tests__/things';
import { metricNames, pointsOf, ticksFor } from '../metrics';

const VERSIONS = [
  aVersion({ version: '3', metrics: { auc: 0.99, accuracy: 0.97 } }),
  aVersion({ version: '2', metrics: {} }),
  aVersion({ version: '1', metrics: { accuracy: 0.95 } })
];

test('metrics that most versions have come first', () => {
  expect(metricNames(VERSIONS)).toEqual(['accuracy', 'auc']);
});

test('points go from the oldest version on, without those that lack the metric', () => {
  const points = pointsOf(VERSIONS, 'accuracy');
  expect(points.map(({ version, value }) => [version, value])).toEqual([
    ['1', 0.95],
    ['3', 0.97]
  ]);
});

test.each([
  [[0.951, 0.979]],
  [[0.678, 0.979]],
  [[5]],
  [[100, 100]],
  [[0]],
  [[-3, 120_000]],
  [[0.9, 0.9]]
])('ticks for %j take all values in, and are few and rising', values => {
  const ticks = ticksFor(values);
  expect(ticks.length).toBeGreaterThanOrEqual(2);
  expect(ticks.length).toBeLessThanOrEqual(5);
  expect(ticks[0]).toBeLessThanOrEqual(Math.min(...values));
  expect(ticks[ticks.length - 1]).toBeGreaterThanOrEqual(Math.max(...values));
  expect([...ticks].sort((a, b) => a - b)).toEqual(ticks);
});

test('what never changed is a line in the middle', () => {
  expect(ticksFor([100, 100])).toEqual([95, 100, 105]);
});
