import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import type { Execution } from '../api/types';

/**
 * Activate the cell of an execution and scroll to it.
 *
 * A cell without an id is found by its text. Returns false when the notebook has no such cell any more.
 */
export async function showCell(
  panel: NotebookPanel,
  execution: Execution
): Promise<boolean> {
  const notebook = panel.content;
  const index = indexOfCell(notebook, execution);
  if (index < 0) {
    return false;
  }
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  await notebook.scrollToItem(index, 'center');
  return true;
}

function indexOfCell(notebook: Notebook, execution: Execution): number {
  const byId = notebook.widgets.findIndex(
    cell => cell.model.id === execution.cell_id
  );
  return byId >= 0 || execution.key_kind === 'id'
    ? byId
    : notebook.widgets.findIndex(
        cell => cell.model.sharedModel.getSource() === execution.source
      );
}
