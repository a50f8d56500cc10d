import { InputDialog } from '@jupyterlab/apputils';
import { stopIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { runningIcon } from '../icons';
import { attempt } from '../panel/attempt';
import { useModel, useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import type { ITrackings } from '../tokens';
import type { Tracking } from './model';
import { TrackingTools } from './tools';

/** The MLflow run that is active in the notebook in front or a way to start one, and what else can be done. */
export function ActiveRun(props: {
  trackings: ITrackings;
}): JSX.Element | null {
  useModel(props.trackings);
  const tracking = props.trackings.current;
  if (!tracking || tracking.state === 'impossible') {
    return null;
  }
  return (
    <>
      <div className="jp-Mlops-tracking" data-active={!!tracking.activeRun}>
        {tracking.activeRun ? (
          <StopRun tracking={tracking} name={tracking.activeRun.name} />
        ) : (
          <StartRun tracking={tracking} />
        )}
      </div>
      <TrackingTools tracking={tracking} />
    </>
  );
}

function StartRun({ tracking }: { tracking: Tracking }): JSX.Element {
  const trans = useTrans();
  const start = async () => {
    const { button, value } = await InputDialog.getText({
      title: trans.__('Start an MLflow run'),
      label: trans.__(
        'What the cells log goes to this run until it is stopped. Name (MLflow makes one if left empty):'
      ),
      okLabel: trans.__('Start')
    });
    if (button.accept) {
      await attempt(() => tracking.start(value ?? ''));
    }
  };
  const isStarting = tracking.state === 'starting';
  return (
    <TextButton
      label={
        isStarting
          ? trans.__('Starting an MLflow run…')
          : trans.__('Start MLflow run…')
      }
      disabled={isStarting}
      onClick={() => void start()}
    />
  );
}

function StopRun(props: { tracking: Tracking; name: string }): JSX.Element {
  const { tracking, name } = props;
  const trans = useTrans();
  return (
    <>
      <span
        className="jp-Mlops-trackingName"
        role="status"
        title={tracking.activeRun?.run_id}
      >
        <span className="jp-Mlops-state" data-state="running" aria-hidden>
          <runningIcon.react tag="span" />
        </span>
        <span>{trans.__('Tracking “%1”', name)}</span>
      </span>
      <TextButton
        icon={stopIcon}
        label={trans.__('Stop run')}
        disabled={tracking.state === 'stopping'}
        onClick={() => void attempt(() => tracking.stop())}
      />
    </>
  );
}
