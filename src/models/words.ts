import type { TranslationBundle } from '@jupyterlab/translation';
import type { GateResult, Registration } from '../api/types';

/** A gate's verdict in the reader's language. */
export function verdictInWords(
  verdict: GateResult['verdict'],
  trans: TranslationBundle
): string {
  switch (verdict) {
    case 'passed':
      return trans.__('passed');
    case 'refused':
      return trans.__('refused');
    case 'waiting':
      return trans.__('waiting');
  }
}

/** What a gate holds back, in the reader's language. */
export function stepInWords(
  step: GateResult['before'],
  trans: TranslationBundle
): string {
  return step === 'register'
    ? trans.__('before registering')
    : trans.__('before the alias moves');
}

/** A kind of gate as people say it. */
export function kindInWords(kind: string): string {
  const words = kind.replace(/_/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The state of a registration in the reader's language. */
export function registrationInWords(
  registration: Registration,
  trans: TranslationBundle
): string {
  const alias = registration.plan.alias ?? '';
  switch (registration.state) {
    case 'queued':
      return trans.__('queued');
    case 'checking':
      return trans.__('being checked');
    case 'registering':
      return trans.__('being registered');
    case 'gating':
      return trans.__('at its gates');
    case 'awaiting_approval':
      return trans.__('waits for approval');
    case 'promoting':
      return trans.__('becoming %1', alias);
    case 'promoted':
      return trans.__('became %1', alias);
    case 'registered':
      return trans.__('registered');
    case 'refused':
      return trans.__('refused by a gate');
    case 'kept':
      return trans.__('registered; %1 stays where it was', alias);
    case 'rejected':
      return trans.__('rejected');
    case 'failed':
      return trans.__('failed');
  }
}

/** Whether the registration goes on by itself. */
export function isOnItsWay({ ended_at, state }: Registration): boolean {
  return ended_at === null && state !== 'awaiting_approval';
}
