import { editIcon, kernelIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import { asProblem } from '../api/problem';
import type { Attempt, FailedCell, Problem, Run } from '../api/types';
import { CommandIDs } from '../commands';
import { formatDuration, formatRelative } from '../format';
import { resumeIcon } from '../icons';
import { attempt } from '../panel/attempt';
import { useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import { isAbsolute } from '../panel/paths';
import { ProblemNotice } from '../panel/notice';
import { StateIcon, useStateNames } from '../panel/stateIcon';
import { isResumable, type RunsModel } from './model';

/** The cell at which a run ended, and what it raised. */
export function FailedCellView(props: {
  cell: FailedCell;
  run: Run;
}): JSX.Element {
  const { cell, run } = props;
  const trans = useTrans();
  const error = [cell.error_name, cell.error_message]
    .filter(Boolean)
    .join(': ');
  const number = cell.execution_count
    ? `[${cell.execution_count}]`
    : String(cell.index + 1);
  return (
    <figure className="jp-Mlops-failedCell" data-state={run.state}>
      <figcaption>
        {run.state === 'failed'
          ? trans.__('Failed in cell %1', number)
          : trans.__('Ended in cell %1', number)}
      </figcaption>
      <pre>{cell.source}</pre>
      {error !== '' && !run.message?.includes(error) && (
        <p className="jp-Mlops-error">{error}</p>
      )}
    </figure>
  );
}

/** Two steps from a failed cell to success: correct it, then go on from it in the kernel that was kept. */
export function FixAndResume(props: {
  run: Run;
  model: RunsModel;
  commands: CommandRegistry;
}): JSX.Element | null {
  const { run, model, commands } = props;
  const trans = useTrans();
  const [refused, setRefused] = React.useState<Problem | null>(null);
  const [isResuming, setIsResuming] = React.useState(false);
  const [isFixing, setIsFixing] = React.useState(false);

  const fix = async () => {
    setIsFixing(true);
    await commands.execute(CommandIDs.fixCell, {
      path: run.notebook,
      cell: run.failed_cell?.cell_id ?? null
    });
  };

  const resume = async () => {
    setIsResuming(true);
    setRefused(null);
    try {
      await commands.execute(CommandIDs.saveNotebook, { path: run.notebook });
      const resumed = await model.resume(run);
      await model.reveal(resumed);
    } catch (error) {
      setRefused(asProblem(error));
    } finally {
      setIsResuming(false);
    }
  };

  const workOn = async () => {
    setRefused(null);
    try {
      await commands.execute(CommandIDs.openInKernel, {
        path: run.output_path,
        cell: run.failed_cell?.cell_id ?? null,
        kernel: await model.openKernel(run)
      });
    } catch (error) {
      setRefused(asProblem(error));
    }
  };

  if (!isResumable(run) && !refused) {
    return null;
  }
  return (
    <section
      className="jp-Mlops-fix"
      aria-label={trans.__('Fix and resume')}
      data-fixing={isFixing}
    >
      <p>
        {trans.__(
          'The kernel is kept, with all that the cells before have made. Correct the failed cell in the notebook and resume from it: %1 the kernel is let go.',
          formatRelative(run.resumable_until!)
        )}
      </p>
      <div className="jp-Mlops-actions">
        <TextButton
          icon={editIcon}
          label={trans.__('Fix the cell')}
          onClick={() => void attempt(fix)}
        />
        <TextButton
          icon={resumeIcon}
          label={
            isResuming
              ? trans.__('Resuming…')
              : trans.__('Resume from this cell')
          }
          disabled={isResuming}
          onClick={() => void resume()}
        />
        {run.output_path && !isAbsolute(run.output_path) && (
          <TextButton
            icon={kernelIcon}
            label={trans.__('Work in the kernel')}
            title={trans.__(
              'Open the failed notebook where it stopped, in the kernel that was kept'
            )}
            onClick={() => void workOn()}
          />
        )}
      </div>
      {refused && <ProblemNotice problem={refused} />}
    </section>
  );
}

/** The tries of a run that was tried more than once. */
export function Attempts(props: {
  run: Run;
  model: RunsModel;
}): JSX.Element | null {
  const { run, model } = props;
  const trans = useTrans();
  const names = useStateNames();
  const [attempts, setAttempts] = React.useState<Attempt[]>([]);
  const mayBeMany = (run.policies?.max_attempts ?? 1) > 1;
  React.useEffect(() => {
    let isGone = false;
    if (mayBeMany) {
      void model
        .attempts(run)
        .catch(() => [])
        .then(items => isGone || setAttempts(items));
    }
    return () => {
      isGone = true;
    };
  }, [run.id, run.state, mayBeMany, model]);
  if (attempts.length < 2) {
    return null;
  }
  return (
    <ol className="jp-Mlops-attempts" aria-label={trans.__('Attempts')}>
      {attempts.map(({ id, number, state, message, started_at, ended_at }) => (
        <li key={id} title={message ?? undefined}>
          <StateIcon state={state} isNamedBeside />
          <span>{trans.__('Attempt %1 %2', number, names[state])}</span>
          {started_at && ended_at && (
            <span className="jp-Mlops-liveSince">
              {formatDuration(
                (Date.parse(ended_at) - Date.parse(started_at)) / 1000
              )}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
