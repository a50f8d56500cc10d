import React from 'react';
import { attempt } from '../panel/attempt';
import { useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import type { Tracking } from './model';
import type { IKeptSnapshot, Outcome } from './types';
import { KernelIsBusy } from './waiting';

/** What can be done in the kernel besides: log by itself or by hand, keep the notebook, compare runs. */
export function TrackingTools({
  tracking
}: {
  tracking: Tracking;
}): JSX.Element {
  const trans = useTrans();
  const isBusy = tracking.state !== 'ready';
  return (
    <div
      className="jp-Mlops-trackingTools"
      role="group"
      aria-label={trans.__('MLflow in this kernel')}
    >
      <AutologToggle tracking={tracking} />
      <div className="jp-Mlops-trackingActions">
        {tracking.activeRun && (
          <TextButton
            label={trans.__('Log…')}
            disabled={isBusy}
            onClick={() =>
              void attempt(async () => {
                const { askForValue } = await import('./logDialog');
                await askForValue(tracking, trans);
              })
            }
          />
        )}
        <TextButton
          label={trans.__('Snapshot')}
          title={trans.__('Save the notebook, and keep a copy of it as it is')}
          disabled={isBusy}
          onClick={() => void attempt(() => tracking.keep())}
        />
        <TextButton
          label={trans.__('Compare…')}
          title={trans.__('Compare two MLflow runs of this notebook')}
          disabled={isBusy}
          onClick={() =>
            void attempt(async () => {
              const { showComparison } = await import('./compareDialog');
              await showComparison(tracking, trans);
            })
          }
        />
      </div>
      <KernelIsBusy tracking={tracking} />
      <div className="jp-Mlops-trackingOutcome" role="status">
        {tracking.outcome && <OutcomeText outcome={tracking.outcome} />}
      </div>
    </div>
  );
}

function AutologToggle({ tracking }: { tracking: Tracking }): JSX.Element {
  const trans = useTrans();
  const id = React.useId();
  const { autologged } = tracking;
  const isOn = autologged.length > 0;
  const isBusy = tracking.state !== 'ready';
  return (
    <label
      className="jp-Mlops-autolog"
      title={trans.__('MLflow logs by itself what is fitted in this kernel')}
    >
      <input
        type="checkbox"
        checked={isOn}
        aria-describedby={id}
        aria-disabled={isBusy} // a disabled one would lose the focus
        onChange={() => {
          if (!isBusy) {
            void attempt(() => tracking.setAutolog(!isOn));
          }
        }}
      />
      <span>{trans.__('Log automatically')}</span>
      <span id={id} className="jp-Mlops-recordingState">
        {tracking.state === 'switching'
          ? trans.__('Waiting for the kernel…')
          : isOn &&
            autologged[0] !== 'mlflow' &&
            trans.__(
              'Only of %1, as a cell has asked for it.',
              autologged.join(', ')
            )}
      </span>
    </label>
  );
}

function OutcomeText({ outcome }: { outcome: Outcome }): JSX.Element {
  const trans = useTrans();
  if (outcome.kind === 'kept') {
    return <Kept kept={outcome.kept} />;
  }
  const { name, value } = outcome.logged;
  return <p>{trans.__('Logged %1 = %2 to “%3”.', name, value, outcome.run)}</p>;
}

function Kept({ kept }: { kept: IKeptSnapshot }): JSX.Element {
  const trans = useTrans();
  const where = kept.run
    ? trans.__('The MLflow run “%1” has its hash.', kept.run)
    : (kept.run_problem ?? trans.__('No MLflow run is active to be told.'));
  return (
    <>
      <p>
        {trans.__('Kept %1 as it is saved:', kept.notebook)}{' '}
        <code title={kept.sha}>{kept.sha.slice(0, 12)}</code>
      </p>
      <p>{where}</p>
      {kept.differences.map(difference => (
        <p key={difference}>{difference}</p>
      ))}
    </>
  );
}
