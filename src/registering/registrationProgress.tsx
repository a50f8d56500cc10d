import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { Registration } from '../api/types';
import { StateIcon } from '../panel/stateIcon';
import { GateResults } from '../models/gateResults';
import { registrationInWords } from '../models/words';
import { useTrans } from '../panel/hooks';
import { Notice } from '../panel/notice';
import { type StepName, type StepState, stepsOf } from './steps';

const ICONS = {
  ahead: 'queued',
  now: 'running',
  done: 'succeeded',
  refused: 'failed'
} as const;

/** A registration on its way: its steps, what its gates found, and how it ended. */
export function RegistrationProgress(props: {
  registration: Registration;
}): JSX.Element {
  const { registration } = props;
  const trans = useTrans();
  const { state, message } = registration;
  return (
    <div className="jp-Mlops-registering">
      <ol className="jp-Mlops-steps" aria-label={trans.__('Steps')}>
        {stepsOf(registration).map(step => (
          <li
            key={step.name}
            data-state={step.state}
            aria-current={step.state === 'now' ? 'step' : undefined}
          >
            <StateIcon
              state={isForAPerson(step) ? 'queued' : ICONS[step.state]}
              isNamedBeside
            />
            {stepName(step.name, trans)}
            <span className="jp-Mlops-hidden">
              {stepState(step.state, trans)}
            </span>
          </li>
        ))}
      </ol>
      <Notice tone={toneOf(state)}>
        <p>{message ?? registrationInWords(registration, trans)}</p>
        {state === 'awaiting_approval' && (
          <p>
            {trans.__(
              'You can close this: what waits is in the sidebar under Models, and on the model’s page.'
            )}
          </p>
        )}
      </Notice>
      <GateResults gates={registration.gates} />
    </div>
  );
}

/** What nobody's machine is at work on: it waits. */
function isForAPerson(step: { name: StepName; state: StepState }): boolean {
  return step.name === 'awaiting_approval' && step.state === 'now';
}

function toneOf(state: Registration['state']): 'info' | 'warning' | 'error' {
  switch (state) {
    case 'refused':
    case 'failed':
      return 'error';
    case 'kept':
    case 'rejected':
      return 'warning';
    default:
      return 'info';
  }
}

function stepName(name: StepName, trans: TranslationBundle): string {
  const words: Record<StepName, string> = {
    checking: trans.__('Gates'),
    registering: trans.__('Version'),
    gating: trans.__('Gates of the alias'),
    awaiting_approval: trans.__('Approval'),
    promoting: trans.__('Alias')
  };
  return words[name];
}

function stepState(state: StepState, trans: TranslationBundle): string {
  const words: Record<StepState, string> = {
    ahead: trans.__('still to come'),
    now: trans.__('under way'),
    done: trans.__('done'),
    refused: trans.__('not passed')
  };
  return words[state];
}
