import { Notification } from '@jupyterlab/apputils';
import { deleteIcon, editIcon, runIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import type { Job } from '../api/types';
import { CommandIDs } from '../commands';
import { formatValue } from '../format';
import { runAsJobIcon, scheduleIcon } from '../icons';
import { attempt } from '../panel/attempt';
import { useTrans } from '../panel/hooks';
import { IconButton } from '../panel/iconButton';
import { RowLine } from '../panel/rowLine';
import { StateIcon, useStateNames } from '../panel/stateIcon';
import { Ago } from '../panel/times';
import { JobName } from './jobName';
import type { JobsModel } from './model';
import { TriggerLines } from './triggerLines';

/** How many of a job's parameters its row shows. */
const MOST_VALUES = 4;

/** One job; activating it opens its notebook. */
export function JobRow(props: {
  job: Job;
  model: JobsModel;
  commands: CommandRegistry;
}): JSX.Element {
  const { job, model, commands } = props;
  const trans = useTrans();
  const { last_run, problem } = job;
  const names = useStateNames();
  const Icon = job.triggers?.length ? scheduleIcon : runAsJobIcon;
  return (
    <>
      <RowLine room={3} actions={<JobActions {...props} />}>
        <button
          type="button"
          className="jp-Mlops-row"
          title={trans.__('Open %1', job.notebook)}
          onClick={() =>
            void commands.execute(CommandIDs.openNotebook, {
              path: job.notebook
            })
          }
        >
          <Icon.react tag="span" className="jp-Mlops-rowIcon" aria-hidden />
          <span className="jp-Mlops-rowMain">
            <span className="jp-Mlops-rowTitle">
              <JobName name={job.name} />
            </span>
            <span className="jp-Mlops-rowFacts">
              {last_run ? (
                <span>
                  <StateIcon state={last_run.state} isNamedBeside />
                  {trans.__('last run %1', names[last_run.state])}{' '}
                  <Ago moment={last_run.ended_at ?? last_run.created_at} />
                </span>
              ) : (
                trans.__('never run')
              )}
            </span>
            <JobValues job={job} />
            {problem && <span className="jp-Mlops-error">{problem}</span>}
          </span>
        </button>
      </RowLine>
      <TriggerLines job={job} model={model} />
    </>
  );
}

/** The parameters that the job runs with, where they are not the notebook's. */
function JobValues({ job }: { job: Job }): JSX.Element | null {
  const values = Object.entries(job.parameters);
  return values.length === 0 ? null : (
    <span className="jp-Mlops-rowFacts jp-Mlops-jobValues">
      {values.slice(0, MOST_VALUES).map(([name, value]) => (
        <span key={name}>
          {name} {formatValue(value)}
        </span>
      ))}
      {values.length > MOST_VALUES && <span>…</span>}
    </span>
  );
}

function JobActions(props: {
  job: Job;
  model: JobsModel;
  commands: CommandRegistry;
}): JSX.Element {
  const { job, model, commands } = props;
  const trans = useTrans();

  const runNow = async () => {
    const run = await model.runNow(job);
    await commands.execute(CommandIDs.showRun, { run: run.id });
  };

  const deleteWithUndo = async () => {
    await model.delete(job);
    Notification.info(trans.__('Deleted the job “%1”.', job.name), {
      autoClose: 10_000,
      actions: [
        {
          label: trans.__('Undo'),
          callback: () => void attempt(() => model.restore(job))
        }
      ]
    });
  };

  return (
    <>
      <IconButton
        icon={runIcon}
        label={trans.__('Run %1 now', job.name)}
        onClick={() => void attempt(runNow)}
      />
      <IconButton
        icon={editIcon}
        label={trans.__('Edit %1…', job.name)}
        onClick={() =>
          void commands.execute(CommandIDs.editJob, { job: job.id })
        }
      />
      <IconButton
        icon={deleteIcon}
        label={trans.__('Delete %1', job.name)}
        onClick={() => void attempt(deleteWithUndo)}
      />
    </>
  );
}
