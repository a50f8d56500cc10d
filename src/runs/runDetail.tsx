import { notebookIcon, refreshIcon, stopIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import type { RemoteOutput, Run } from '../api/types';
import { CommandIDs } from '../commands';
import { formatMetric, formatMoment } from '../format';
import { attempt } from '../panel/attempt';
import { CopyableId, Fact, Facts, NamedValues } from '../panel/facts';
import { useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import { Findings } from '../runjob/findings';
import { Attempts, FailedCellView, FixAndResume } from './failure';
import { LiveView } from './liveView';
import { executorOf, hasModel, isUnderWay, type RunsModel } from './model';

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
      aria-label={trans.__(
        'Details of %1, %2',
        run.job_name,
        formatMoment(run.created_at)
      )}
    >
      {run.message && (
        <p className="jp-Mlops-reason" data-state={run.state}>
          {run.message}
        </p>
      )}
      {isUnderWay(run) && <LiveView run={run} model={model} />}
      {run.failed_cell && <FailedCellView cell={run.failed_cell} run={run} />}
      <Attempts run={run} model={model} />
      {run.state !== 'succeeded' && <Findings findings={run.findings ?? []} />}
      {run.state === 'failed' && <FixAndResume {...props} />}
      <RunActions run={run} model={model} commands={commands} />
      <RunFacts run={run} commands={commands} />
    </div>
  );
}

function RunActions(props: {
  run: Run;
  model: RunsModel;
  commands: CommandRegistry;
}): JSX.Element {
  const { run, model, commands } = props;
  const trans = useTrans();
  const revealed = (work: () => Promise<Run>) =>
    void attempt(async () => model.reveal(await work()));

  const runAgain = async () => {
    await commands.execute(CommandIDs.saveNotebook, { path: run.notebook });
    return model.runAgain(run);
  };

  return (
    <div className="jp-Mlops-actions">
      {isUnderWay(run) && (
        <TextButton
          icon={stopIcon}
          label={
            run.cancel_requested ? trans.__('Cancelling…') : trans.__('Cancel')
          }
          disabled={run.cancel_requested}
          onClick={() => void attempt(() => model.cancel(run))}
        />
      )}
      {run.output_path && run.state !== 'queued' && (
        <TextButton
          icon={notebookIcon}
          label={
            isUnderWay(run)
              ? trans.__('Open the notebook as it is now')
              : trans.__('Open executed notebook')
          }
          onClick={() =>
            void commands.execute(CommandIDs.openExecuted, {
              path: run.output_path
            })
          }
        />
      )}
      {hasModel(run) && (
        <TextButton
          label={trans.__('Register…')}
          onClick={() =>
            void commands.execute(CommandIDs.registerModel, { run: run.id })
          }
        />
      )}
      {!isUnderWay(run) && (
        <>
          <TextButton
            icon={refreshIcon}
            label={trans.__('Run again')}
            onClick={() => revealed(runAgain)}
          />
          {run.snapshot_sha && (
            <TextButton
              label={trans.__('Repeat as it was')}
              onClick={() => revealed(() => model.repeat(run))}
            />
          )}
        </>
      )}
    </div>
  );
}

/** Where the copy of the executed notebook is, or why it is not there. */
function CopyOfNotebook({ copy }: { copy: RemoteOutput }): JSX.Element {
  const trans = useTrans();
  return (
    <>
      <span title={copy.address}>{copy.address}</span>
      {copy.problem !== null && (
        <p className="jp-Mlops-fieldProblem">
          {trans.__('It is not there: %1', copy.problem)}
        </p>
      )}
      {copy.problem === null && copy.written_at === null && (
        <p className="jp-Mlops-fieldHelp">{trans.__('It is being written.')}</p>
      )}
    </>
  );
}

function RunFacts(props: { run: Run; commands: CommandRegistry }): JSX.Element {
  const { run, commands } = props;
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
      {hasEntries(run.environment ?? {}) && (
        <Fact name={trans.__('Environment')}>
          <NamedValues values={run.environment ?? {}} />
        </Fact>
      )}
      {run.model_name && (
        <Fact name={trans.__('Model')}>
          <button
            type="button"
            className="jp-Mlops-link"
            onClick={() =>
              void commands.execute(CommandIDs.openModel, {
                name: run.model_name,
                ...(run.model_version && { version: run.model_version })
              })
            }
          >
            {trans.__(
              '%1, version %2',
              run.model_name,
              run.model_version ?? '?'
            )}
          </button>
        </Fact>
      )}
      {!run.model_name && run.register_model && (
        <Fact name={trans.__('Registers')}>{run.register_model}</Fact>
      )}
      <Fact name={trans.__('Notebook')}>
        <span title={run.notebook}>{run.notebook}</span>
      </Fact>
      {run.kernel && <Fact name={trans.__('Kernel')}>{run.kernel}</Fact>}
      {executorOf(run) && (
        <Fact name={trans.__('Executor')}>{executorOf(run)}</Fact>
      )}
      {run.remote_output && (
        <Fact name={trans.__('Copy')}>
          <CopyOfNotebook copy={run.remote_output} />
        </Fact>
      )}
      {run.cause?.worked_in === true && (
        <Fact name={trans.__('Resumed')}>
          {trans.__('in a kernel in which someone had worked by hand')}
        </Fact>
      )}
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
