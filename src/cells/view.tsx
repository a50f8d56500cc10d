import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import { Honesty } from '../honesty/view';
import { useModel, useTrans } from '../panel/hooks';
import { EmptyState, Snippet } from '../panel/notice';
import { PagedRows } from '../panel/pagedRows';
import type { Recorders } from '../recording/recorders';
import { RecordingToggle } from '../recording/toggle';
import { ActiveRun } from '../tracking/view';
import type { INotebookStates, ITrackings } from '../tokens';
import { ExecutionRow } from './executionRow';
import type { CellsModel } from './model';
import type { CellAddress } from './showCell';

export interface ICellsViewProps {
  model: CellsModel;
  recorders: Recorders;
  states: INotebookStates;
  trackings: ITrackings;
  commands: CommandRegistry;
  /** Bring a cell into view. */
  onShow: (address: CellAddress) => void;
}

export function CellsView(props: ICellsViewProps): JSX.Element {
  const { model, states } = props;
  const trans = useTrans();
  useModel(model);
  useModel(states);
  useModel(props.recorders);
  if (model.notebook === null) {
    return (
      <EmptyState title={trans.__('No notebook is open')}>
        <p>{trans.__('Open one to see the cells that were run in it.')}</p>
      </EmptyState>
    );
  }
  const staleReasons = new Map(
    states.current?.stale.map(({ last, reasons }) => [
      last?.execution_id,
      reasons
    ])
  );
  return (
    <>
      <div className="jp-Mlops-controls">
        <RecordingToggle recorders={props.recorders} />
        <ActiveRun trackings={props.trackings} />
      </div>
      <Honesty
        states={states}
        commands={props.commands}
        onShow={props.onShow}
      />
      <PagedRows
        list={model.list}
        label={trans.__('Recorded cell executions')}
        empty={
          <NothingRecorded
            isRecorded={props.recorders.current?.state === 'on'}
          />
        }
        renderRow={execution => (
          <ExecutionRow
            execution={execution}
            stale={staleReasons.get(execution.id) ?? null}
            onShow={props.onShow}
          />
        )}
      />
    </>
  );
}

function NothingRecorded(props: { isRecorded: boolean }): JSX.Element {
  const trans = useTrans();
  if (props.isRecorded) {
    return (
      <EmptyState title={trans.__('No cell was recorded yet')}>
        <p>
          {trans.__(
            'Run one, and it appears here with its time, state and outputs.'
          )}
        </p>
      </EmptyState>
    );
  }
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
