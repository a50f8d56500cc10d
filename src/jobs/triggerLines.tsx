import {
  deleteIcon,
  type LabIcon,
  refreshIcon
} from '@jupyterlab/ui-components';
import React from 'react';
import type { Job, JobTrigger } from '../api/types';
import { formatFire, formatRelative } from '../format';
import { pauseIcon, resumeIcon } from '../icons';
import { attempt } from '../panel/attempt';
import { useTrans } from '../panel/hooks';
import { IconButton } from '../panel/iconButton';
import { showToken } from './token';
import type { JobsModel } from './model';

/** When a job runs: each of its triggers in words, with what can be done with it. */
export function TriggerLines(props: {
  job: Job;
  model: JobsModel;
}): JSX.Element | null {
  const { job, model } = props;
  const trans = useTrans();
  const triggers = job.triggers ?? [];
  return triggers.length === 0 ? null : (
    <ul
      className="jp-Mlops-triggers"
      aria-label={trans.__('When %1 runs', job.name)}
    >
      {triggers.map(trigger => (
        <li key={trigger.id} data-state={trigger.state}>
          <Words trigger={trigger} />
          <TriggerActions job={job} trigger={trigger} model={model} />
        </li>
      ))}
    </ul>
  );
}

function Words({ trigger }: { trigger: JobTrigger }): JSX.Element {
  const trans = useTrans();
  const { spec, state } = trigger;
  const timezone = typeof spec.timezone === 'string' ? spec.timezone : null;
  const written = JSON.stringify(spec);
  return (
    <div className="jp-Mlops-triggerWords">
      <span className="jp-Mlops-rowFacts">
        <span title={typeof spec.cron === 'string' ? spec.cron : written}>
          {trigger.description ?? trigger.kind}
        </span>
        {timezone && <span>{timezone}</span>}
        {state === 'paused' && <span>{trans.__('paused')}</span>}
        {state === 'ended' && <span>{trans.__('over')}</span>}
      </span>
      {trigger.active && trigger.next_fire_at && (
        <span className="jp-Mlops-rowFacts">
          <time dateTime={trigger.next_fire_at}>
            {trans.__(
              'next %1 (%2)',
              formatFire(trigger.next_fire_at, timezone),
              formatRelative(trigger.next_fire_at)
            )}
          </time>
        </span>
      )}
      {trigger.problem && (
        <span className="jp-Mlops-error">{trigger.problem}</span>
      )}
    </div>
  );
}

function TriggerActions(props: {
  job: Job;
  trigger: JobTrigger;
  model: JobsModel;
}): JSX.Element {
  const { job, trigger, model } = props;
  const trans = useTrans();
  const byClock = trigger.next_fire_at !== null || trigger.missed !== null;
  const what = byClock
    ? trans.__('the schedule of %1', job.name)
    : trans.__('the trigger of %1', job.name);

  const renewToken = async () => {
    const renewed = await model.renewToken(trigger);
    await showToken(renewed, model.client, trans);
  };

  const actions: [LabIcon, string, () => Promise<void>][] = [
    trigger.active
      ? [
          pauseIcon,
          trans.__('Pause %1', what),
          () => model.setTriggerActive(trigger, false)
        ]
      : [
          resumeIcon,
          trans.__('Resume %1', what),
          () => model.setTriggerActive(trigger, true)
        ],
    [
      deleteIcon,
      trans.__('Remove %1', what),
      () => model.deleteTrigger(trigger)
    ]
  ];
  if (trigger.hook !== null) {
    actions.unshift([
      refreshIcon,
      trans.__('Make a new token for %1', what),
      renewToken
    ]);
  }
  return (
    <span className="jp-Mlops-triggerActions">
      {actions.map(([icon, label, act]) => (
        <IconButton
          key={label}
          icon={icon}
          label={label}
          onClick={() => void attempt(act)}
        />
      ))}
    </span>
  );
}
