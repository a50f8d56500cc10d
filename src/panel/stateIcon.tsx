import type { LabIcon } from '@jupyterlab/ui-components';
import React from 'react';
import type { Execution, RunState } from '../api/types';
import {
  cancelledIcon,
  failedIcon,
  interruptedIcon,
  lostIcon,
  queuedIcon,
  runningIcon,
  skippedIcon,
  succeededIcon,
  timedOutIcon
} from '../icons';
import { useTrans } from './hooks';

/** A job run's state, or a cell execution's status. */
export type AnyState = RunState | Execution['status'];

const ICONS: Record<AnyState, LabIcon> = {
  queued: queuedIcon,
  running: runningIcon,
  succeeded: succeededIcon,
  failed: failedIcon,
  cancelled: cancelledIcon,
  timed_out: timedOutIcon,
  lost: lostIcon,
  skipped: skippedIcon,
  ok: succeededIcon,
  error: failedIcon,
  interrupted: interruptedIcon,
  aborted: skippedIcon,
  kernel_died: lostIcon
};

/** The state's name in the reader's language. */
export function useStateNames(): Record<AnyState, string> {
  const trans = useTrans();
  return {
    queued: trans.__('queued'),
    running: trans.__('running'),
    succeeded: trans.__('succeeded'),
    failed: trans.__('failed'),
    cancelled: trans.__('cancelled'),
    timed_out: trans.__('timed out'),
    lost: trans.__('lost'),
    skipped: trans.__('skipped'),
    ok: trans.__('succeeded'),
    error: trans.__('error'),
    interrupted: trans.__('interrupted'),
    aborted: trans.__('not run'),
    kernel_died: trans.__('kernel died')
  };
}

/** A state as an icon in its colour; the name beside it is for screen readers unless shown elsewhere. */
export function StateIcon(props: {
  state: AnyState;
  isNamedBeside?: boolean;
}): JSX.Element {
  const names = useStateNames();
  const Icon = ICONS[props.state] ?? lostIcon;
  const name = names[props.state] ?? props.state;
  return (
    <span
      className="jp-Mlops-state"
      data-state={props.state}
      title={name}
      {...(props.isNamedBeside
        ? { 'aria-hidden': true }
        : { role: 'img', 'aria-label': name })}
    >
      <Icon.react tag="span" />
    </span>
  );
}
