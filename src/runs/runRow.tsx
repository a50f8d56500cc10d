import { notebookIcon, stopIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import type { Run } from '../api/types';
import { CommandIDs } from '../commands';
import { formatDuration, formatMoment } from '../format';
import { JobName } from '../jobs/jobName';
import { attempt } from '../panel/attempt';
import { useTrans } from '../panel/hooks';
import { IconButton } from '../panel/iconButton';
import { RowLine } from '../panel/rowLine';
import { StateIcon, useStateNames } from '../panel/stateIcon';
import { Ago } from '../panel/times';
import { isUnderWay, type RunsModel } from './model';
import { RunDetail } from './runDetail';

/** One job run: a line that unfolds into all that is known of it. */
export function RunRow(props: {
  run: Run;
  model: RunsModel;
  commands: CommandRegistry;
}): JSX.Element {
  const { run, model, commands } = props;
  const trans = useTrans();
  const names = useStateNames();
  const row = React.useRef<HTMLButtonElement>(null);
  const detailId = React.useId();
  const isUnfolded = model.isUnfolded(run.id);

  React.useEffect(() => {
    if (model.revealed === run.id) {
      model.clearRevealed();
      row.current?.scrollIntoView?.({ block: 'nearest' });
      row.current?.focus();
    }
  });

  return (
    <>
      <RowLine
        room={1}
        lead={model.selection.isOn && <Mark run={run} model={model} />}
        actions={<RunAction {...props} />}
      >
        <button
          ref={row}
          type="button"
          className="jp-Mlops-row"
          aria-expanded={isUnfolded}
          aria-controls={detailId}
          onClick={() => model.toggle(run.id)}
        >
          <StateIcon state={run.state} isNamedBeside />
          <span className="jp-Mlops-rowMain">
            <span className="jp-Mlops-rowTitle">
              <JobName name={run.job_name} />
            </span>
            <span className="jp-Mlops-rowFacts">
              <span className="jp-Mlops-stateName" data-state={run.state}>
                {run.cancel_requested && isUnderWay(run)
                  ? trans.__('cancelling')
                  : names[run.state]}
              </span>
              <Ago moment={run.started_at ?? run.created_at} />
              {run.duration_s !== null && (
                <span>{formatDuration(run.duration_s)}</span>
              )}
            </span>
            {run.state === 'running' && <Progress run={run} />}
          </span>
        </button>
      </RowLine>
      {isUnfolded && (
        <RunDetail id={detailId} run={run} model={model} commands={commands} />
      )}
    </>
  );
}

/** The mark that makes a run one of those for which something is asked at once. */
function Mark({ run, model }: { run: Run; model: RunsModel }): JSX.Element {
  const trans = useTrans();
  return (
    <input
      type="checkbox"
      className="jp-Mlops-mark"
      aria-label={trans.__(
        'Mark %1, %2',
        run.job_name,
        formatMoment(run.created_at)
      )}
      checked={model.selection.has(run)}
      onChange={({ target }) => model.selection.set([run], target.checked)}
    />
  );
}

/** What one does most with a run in its state: cancel it, or look at what it made. */
function RunAction(props: {
  run: Run;
  model: RunsModel;
  commands: CommandRegistry;
}): JSX.Element | null {
  const { run, model, commands } = props;
  const trans = useTrans();
  if (isUnderWay(run)) {
    return (
      <IconButton
        icon={stopIcon}
        label={trans.__('Cancel this run')}
        disabled={run.cancel_requested}
        onClick={() => void attempt(() => model.cancel(run))}
      />
    );
  }
  return run.output_path ? (
    <IconButton
      icon={notebookIcon}
      label={trans.__('Open the executed notebook')}
      onClick={() =>
        void commands.execute(CommandIDs.openExecuted, {
          path: run.output_path
        })
      }
    />
  ) : null;
}

function Progress({ run }: { run: Run }): JSX.Element | null {
  const trans = useTrans();
  if (!run.cells_total) {
    return null;
  }
  const text = trans.__('%1 of %2 cells', run.cells_done, run.cells_total);
  return (
    <span className="jp-Mlops-progress">
      <progress
        max={run.cells_total}
        value={run.cells_done}
        aria-label={trans.__('Progress')}
        aria-valuetext={text}
      />
      <span>{text}</span>
    </span>
  );
}
