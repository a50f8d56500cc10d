import type { IStateDB } from '@jupyterlab/statedb';
import type { MlopsPanel, SectionId } from './widget';

const KEY = 'jupyter_mlops:folded-sections';

/** Fold the sections of a panel as they were left, and remember how they are left. */
export async function rememberFolding(
  panel: Pick<MlopsPanel, 'fold' | 'folded'>,
  state: IStateDB
): Promise<void> {
  const left = await state.fetch(KEY);
  if (Array.isArray(left)) {
    panel.fold(left as SectionId[]);
  }
  panel.folded.connect((_, ids) => void state.save(KEY, ids));
}
