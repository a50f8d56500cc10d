import type { Registration } from '../api/types';

/** What happens to a model on its way, in this order. */
export type StepName =
  'checking' | 'registering' | 'gating' | 'awaiting_approval' | 'promoting';

export type StepState = 'ahead' | 'now' | 'done' | 'refused';

const ORDER: readonly StepName[] = [
  'checking',
  'registering',
  'gating',
  'awaiting_approval',
  'promoting'
];

/** The steps of a registration's plan, and where it stands. */
export function stepsOf(
  registration: Registration
): { name: StepName; state: StepState }[] {
  const names = ORDER.filter(name => isPlanned(name, registration));
  const { state } = registration;
  const refusedAt = stepRefused(registration);
  const at = names.indexOf((refusedAt ?? state) as StepName);
  return names.map((name, index) => {
    if (state === 'promoted' || state === 'registered') {
      return { name, state: 'done' };
    }
    if (index === at) {
      return { name, state: refusedAt ? 'refused' : 'now' };
    }
    return { name, state: index < at ? 'done' : 'ahead' };
  });
}

function isPlanned(name: StepName, { plan, state }: Registration): boolean {
  const gates = plan.gates ?? [];
  const approval = gates.filter(({ kind }) => kind === 'approval');
  const promoting = gates.filter(({ before }) => before === 'promote');
  switch (name) {
    case 'checking':
      return gates.some(({ before }) => before === 'register');
    case 'registering':
      return true;
    case 'gating':
      return promoting.length > approval.length || state === 'gating';
    case 'awaiting_approval':
      return approval.length > 0 || state === 'awaiting_approval';
    case 'promoting':
      return Boolean(plan.alias);
  }
}

/** Where a registration ended that did not come to its end. */
function stepRefused({ state, version }: Registration): StepName | null {
  switch (state) {
    case 'refused':
      return 'checking';
    case 'kept':
      return 'gating';
    case 'rejected':
      return 'awaiting_approval';
    case 'failed':
      return version === null ? 'registering' : 'promoting';
    default:
      return null;
  }
}
