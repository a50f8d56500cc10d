import React from 'react';
import type { Execution } from '../api/types';
import { useModel, useTrans } from '../panel/hooks';
import { EmptyState, Snippet } from '../panel/notice';
import { PagedRows } from '../panel/pagedRows';
import type { Recorders } from '../recording/recorders';
import { RecordingToggle } from '../recording/toggle';
import { ExecutionRow } from './executionRow';
import type { CellsModel } from './model';

export interface ICellsViewProps {
  model: CellsModel;
  recorders: Recorders;
  /** Bring the cell of an execution into view. */
  onShow: (execution: Execution) => void;
}

export function CellsView(props: ICellsViewProps): JSX.Element {
  const { model } = props;
  const trans = useTrans();
  useModel(model);
  if (model.notebook === null) {
    return (
      <EmptyState title={trans.__('No notebook is open')}>
        <p>{trans.__('Open one to see the cells that were run in it.')}</p>
      </EmptyState>
    );
  }
  return (
    <>
      <RecordingToggle recorders={props.recorders} />
      <PagedRows
        list={model.list}
        label={trans.__('Recorded cell executions')}
        empty={<NothingRecorded />}
        renderRow={execution => (
          <ExecutionRow execution={execution} onShow={props.onShow} />
        )}
      />
    </>
  );
}

function NothingRecorded(): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState title={trans.__('No cell was recorded yet')}>
      <p>
        {trans.__('Switch recording on above, or run this in a cell:')}
        <Snippet code="%load_ext jupyter_mlops" />
      </p>
      <p>
        {trans.__(
          'From then on each run cell appears here with its time, state and outputs.'
        )}
      </p>
    </EmptyState>
  );
}
