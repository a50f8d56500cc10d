import { notebookIcon, refreshIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import type { FailedCell, Run } from '../api/types';
import { CommandIDs } from '../commands';
import { formatMetric, formatMoment } from '../format';
import { attempt } from '../panel/attempt';
import { CopyableId, Fact, Facts, NamedValues } from '../panel/facts';
import { useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import { isUnderWay, type RunsModel } from './model';

/** All that is known of a run, and what can be done with it. */
export function RunDetail(props: {
  id: string;
  run: Run;
  model: RunsModel;
  commands: CommandRegistry;
}): JSX.Element {
  const { run, model, commands } = props;
  const trans = useTrans();
  return (
    <div
      id={props.id}
      className="jp-Mlops-detail"
      role="region"
      aria-label={trans.__('Details of %1', run.job_name)}
    >
      {run.message && run.state !== 'succeeded' && (
        <p className="jp-Mlops-reason" data-state={run.state}>
          {run.message}
        </p>
      )}
      {run.failed_cell && <FailedCellView cell={run.failed_cell} />}
      <RunFacts run={run} />
      <div className="jp-Mlops-actions">
        {run.output_path && (
          <TextButton
            icon={notebookIcon}
            label={trans.__('Open executed notebook')}
            onClick={() =>
              void commands.execute(CommandIDs.openExecuted, {
                path: run.output_path
              })
            }
          />
        )}
        {!isUnderWay(run) && (
          <TextButton
            icon={refreshIcon}
            label={trans.__('Run again')}
            onClick={() =>
              void attempt(async () => model.reveal(await model.runAgain(run)))
            }
          />
        )}
      </div>
    </div>
  );
}

function RunFacts({ run }: { run: Run }): JSX.Element {
  const trans = useTrans();
  const hasEntries = (values: object) => Object.keys(values).length > 0;
  return (
    <Facts>
      {hasEntries(run.metrics) && (
        <Fact name={trans.__('Metrics')}>
          <NamedValues values={run.metrics} format={formatMetric} />
        </Fact>
      )}
      <Fact name={trans.__('Parameters')}>
        {hasEntries(run.parameters) ? (
          <NamedValues values={run.parameters} />
        ) : (
          trans.__('the notebook’s defaults')
        )}
      </Fact>
      {run.model_name && (
        <Fact name={trans.__('Model')}>
          {trans.__('%1, version %2', run.model_name, run.model_version ?? '?')}
        </Fact>
      )}
      {!run.model_name && run.register_model && (
        <Fact name={trans.__('Registers')}>{run.register_model}</Fact>
      )}
      <Fact name={trans.__('Notebook')}>
        <span title={run.notebook}>{run.notebook}</span>
      </Fact>
      {run.kernel && <Fact name={trans.__('Kernel')}>{run.kernel}</Fact>}
      {run.scheduled_for && (
        <Fact name={trans.__('Scheduled for')}>
          {formatMoment(run.scheduled_for)}
        </Fact>
      )}
      {run.started_at && (
        <Fact name={trans.__('Started')}>{formatMoment(run.started_at)}</Fact>
      )}
      {run.mlflow_run_id && (
        <Fact name={trans.__('MLflow run')}>
          <CopyableId id={run.mlflow_run_id} what={trans.__('MLflow run id')} />
        </Fact>
      )}
      {run.snapshot_sha && (
        <Fact name={trans.__('Snapshot')}>
          <CopyableId
            id={run.snapshot_sha}
            what={trans.__('snapshot’s hash')}
          />
        </Fact>
      )}
    </Facts>
  );
}

function FailedCellView({ cell }: { cell: FailedCell }): JSX.Element {
  const trans = useTrans();
  const error = [cell.error_name, cell.error_message].filter(Boolean);
  return (
    <figure className="jp-Mlops-failedCell">
      <figcaption>
        {cell.execution_count
          ? trans.__('Failed in cell [%1]', cell.execution_count)
          : trans.__('Failed in cell %1', cell.index + 1)}
      </figcaption>
      <pre>{cell.source}</pre>
      {error.length > 0 && <p className="jp-Mlops-error">{error.join(': ')}</p>}
    </figure>
  );
}
