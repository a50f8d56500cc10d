import type { TranslationBundle } from '@jupyterlab/translation';
import type { StateReason } from '../api/types';

/** Why a cell is stale, in few words, each said once; reasons that make none stale are left out. */
export function staleWords(
  reasons: readonly StateReason[],
  trans: TranslationBundle
): string {
  const words = reasons
    .map(({ code }) => wordsOf(code, trans))
    .filter(word => word !== null);
  return [...new Set(words)].join(', ');
}

/** The same in whole sentences, which name the cells and variables. */
export function staleSentences(
  reasons: readonly StateReason[],
  trans: TranslationBundle
): string[] {
  return reasons
    .filter(({ code }) => wordsOf(code, trans) !== null)
    .map(({ sentence }) => sentence);
}

function wordsOf(code: string, trans: TranslationBundle): string | null {
  switch (code) {
    case 'edited_after_run':
      return trans.__('edited after it ran');
    case 'upstream_rerun':
      return trans.__('a cell that it uses ran again');
    case 'upstream_edited':
      return trans.__('a cell that it uses was edited');
    case 'upstream_stale':
      return trans.__('a cell that it uses is stale');
    case 'definition_deleted':
      return trans.__('what it uses was deleted');
    case 'read_out_of_order':
      return trans.__('ran out of order');
    case 'read_own_result':
      return trans.__('used its own earlier result');
    default:
      return null;
  }
}
