import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import type { Execution } from '../api/types';

/** What a cell is found by: its id, or, if that is not to be relied on, its text. */
export type CellAddress = Pick<Execution, 'cell_id' | 'key_kind' | 'source'>;

/**
 * Activate a cell and scroll to it.
 *
 * A cell without an id is found by its text. Returns false when the notebook has no such cell any more.
 */
export async function showCell(
  panel: NotebookPanel,
  address: CellAddress
): Promise<boolean> {
  const notebook = panel.content;
  const index = indexOfCell(notebook, address);
  if (index < 0) {
    return false;
  }
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  await notebook.scrollToItem(index, 'center');
  return true;
}

function indexOfCell(notebook: Notebook, address: CellAddress): number {
  const byId = notebook.widgets.findIndex(
    cell => cell.model.id === address.cell_id
  );
  return byId >= 0 || address.key_kind === 'id'
    ? byId
    : notebook.widgets.findIndex(
        cell => cell.model.sharedModel.getSource() === address.source
      );
}
