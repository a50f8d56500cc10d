import { nullTranslator } from '@jupyterlab/translation';
import { aCellState, aLastExecution } from '../../__tests__/things';
import { badgeFacts } from '../facts';

const trans = nullTranslator.load('jupyter_mlops');

beforeAll(() => {
  document.documentElement.lang = 'en';
});

function factsOf(...cells: Parameters<typeof aCellState>[0][]) {
  return badgeFacts(cells.map(aCellState), trans);
}

describe('badgeFacts', () => {
  it('has nothing to tell of a cell that has not run, or still runs', () => {
    const facts = factsOf(
      { cell: 'new', last: null },
      { cell: 'busy', last: aLastExecution({ duration_s: null }) }
    );
    expect(facts.size).toBe(0);
  });

  it('tells by how much a cell was slower than usual', () => {
    const slower = { fraction: 0.18, median_s: 1.1, of: 10 };
    const facts = factsOf({ slower }).get('c1')!;
    expect(facts.slower).toBe('+18%');
    expect(facts.sentences).toContain(
      '+18% slower than the median of the last 10 (1.1s).'
    );
  });

  it('tells so without a fraction where the usual time is none', () => {
    const slower = { fraction: null, median_s: 0, of: 3 };
    const facts = factsOf({ slower }).get('c1')!;
    expect(facts.slower).toBeNull();
    expect(facts.sentences).toContain('Slower than the median of the last 3');
  });

  it('shows much memory at the cell that took it, not at those after', () => {
    const facts = factsOf(
      at('small', '08:00', 200_000_000),
      at('loads', '08:01', 2_000_000_000),
      at('after', '08:02', 2_010_000_000)
    );
    expect([...facts.values()].map(({ memory }) => memory)).toEqual([
      null,
      '2GB',
      null
    ]);
  });

  it('goes by the order in which the cells ran, not by that of the page', () => {
    const facts = factsOf(
      at('after', '08:02', 2_010_000_000),
      at('loads', '08:01', 2_000_000_000)
    );
    expect(facts.get('after')!.memory).toBeNull();
    expect(facts.get('loads')!.memory).toBe('2GB');
  });

  it('says why a cell is stale', () => {
    const sentence = 'Cell 2 has since written `df` anew.';
    const facts = factsOf({
      stale: true,
      reasons: [{ code: 'upstream_rerun', sentence, cell: 'c2', name: 'df' }]
    }).get('c1')!;
    expect(facts.isStale).toBe(true);
    expect(facts.sentences.split('\n').slice(-2)).toEqual([
      'Stale: a run from the top may show something else.',
      sentence
    ]);
  });
});

function at(cell: string, time: string, memory_peak_bytes: number) {
  const started_at = `2026-11-21T${time}:00Z`;
  return { cell, last: aLastExecution({ started_at, memory_peak_bytes }) };
}
