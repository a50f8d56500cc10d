import type { TranslationBundle } from '@jupyterlab/translation';
import type { CellState } from '../api/types';
import {
  formatBytes,
  formatDuration,
  formatExcess,
  formatMoment
} from '../format';

/** From how many bytes on a peak of memory is worth its place in the gutter. */
const NOTABLE_BYTES = 500_000_000;

/** How much more than the cell before it a cell must have taken for its peak to be its own. */
const NOTABLE_RISE = 1.1;

/** What a badge shows of a cell, and what it says when asked. */
export interface IBadgeFacts {
  isStale: boolean;
  duration: string;
  slower: string | null;
  memory: string | null;
  /** All of it in sentences, one a line. */
  sentences: string;
}

/** What there is to show of each cell that has run to an end, by its id. */
export function badgeFacts(
  cells: readonly CellState[],
  trans: TranslationBundle
): Map<string, IBadgeFacts> {
  const notable = cellsWithNotableMemory(cells);
  const facts = new Map<string, IBadgeFacts>();
  for (const cell of cells) {
    const { last, slower } = cell;
    if (last !== null && last.duration_s !== null) {
      facts.set(cell.cell, {
        isStale: cell.stale,
        duration: formatDuration(last.duration_s),
        slower: slower?.fraction ? formatExcess(slower.fraction) : null,
        memory: notable.has(cell.cell)
          ? formatBytes(last.memory_peak_bytes!)
          : null,
        sentences: sentences(cell, trans).join('\n')
      });
    }
  }
  return facts;
}

/** A kernel that holds much holds it in every cell after, too: only those are notable that made it grow. */
function cellsWithNotableMemory(cells: readonly CellState[]): Set<string> {
  const inOrderOfRun = cells
    .filter(({ last }) => last !== null)
    .sort((a, b) => a.last!.started_at.localeCompare(b.last!.started_at));
  const notable = new Set<string>();
  let before = 0;
  for (const { cell, last } of inOrderOfRun) {
    const bytes = last!.memory_peak_bytes ?? 0;
    if (bytes >= NOTABLE_BYTES && bytes >= before * NOTABLE_RISE) {
      notable.add(cell);
    }
    before = bytes;
  }
  return notable;
}

function sentences(cell: CellState, trans: TranslationBundle): string[] {
  const last = cell.last!;
  const said = [
    trans.__(
      'Ran in %1, %2.',
      formatDuration(last.duration_s!),
      formatMoment(last.started_at)
    )
  ];
  if (cell.slower) {
    said.push(slowerSentence(cell.slower, trans));
  }
  if (last.memory_peak_bytes) {
    said.push(
      trans.__(
        'The kernel held up to %1 of memory meanwhile.',
        formatBytes(last.memory_peak_bytes)
      )
    );
  }
  if (cell.stale) {
    said.push(trans.__('Stale: a run from the top may show something else.'));
  }
  return [...said, ...cell.reasons.map(({ sentence }) => sentence)];
}

function slowerSentence(
  slower: NonNullable<CellState['slower']>,
  trans: TranslationBundle
): string {
  const median = formatDuration(slower.median_s);
  return slower.fraction === null
    ? trans.__('Slower than the median of the last %1 (%2).', slower.of, median)
    : trans.__(
        '%1 slower than the median of the last %2 (%3).',
        formatExcess(slower.fraction),
        slower.of,
        median
      );
}
