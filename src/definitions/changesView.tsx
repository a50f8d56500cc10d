import React from 'react';
import type { DefinitionChange, DefinitionChanges } from '../api/types';
import { useTrans } from '../panel/hooks';

type Action = DefinitionChange['action'];

const MARKS: Record<Action, string> = { create: '+', change: '~', delete: '−' };
const ACTIONS = Object.keys(MARKS) as Action[];

/** What a file changes, or has changed: how many jobs, then which and what of them. */
export function ChangesView(props: {
  changes: DefinitionChanges;
}): JSX.Element {
  const { applied, changes, unchanged } = props.changes;
  const trans = useTrans();
  const counted = useCounts(changes, applied);
  return (
    <section
      className="jp-Mlops-preview jp-Mlops-plan"
      aria-label={applied ? trans.__('What was done') : trans.__('The plan')}
    >
      <p role="status">
        {changes.length === 0
          ? trans.__('Nothing to do: the jobs are as the file says.')
          : counted}
      </p>
      <ul className="jp-Mlops-changes">
        {changes.map(change => (
          <li key={`${change.action} ${change.job}`}>
            <Change change={change} applied={applied} />
          </li>
        ))}
      </ul>
      {unchanged.length > 0 && (
        <p className="jp-Mlops-unchanged">
          {trans.__('Unchanged: %1', shortened(unchanged))}
        </p>
      )}
    </section>
  );
}

function Change(props: {
  change: DefinitionChange;
  applied: boolean;
}): JSX.Element {
  const { action, job, details } = props.change;
  const trans = useTrans();
  const words: Record<Action, [string, string]> = {
    create: [trans.__('create'), trans.__('created')],
    change: [trans.__('change'), trans.__('changed')],
    delete: [trans.__('delete'), trans.__('deleted')]
  };
  const [wouldBe, was] = words[action];
  return (
    <>
      <span className="jp-Mlops-changeMark" data-action={action} aria-hidden>
        {MARKS[action]}
      </span>
      <div>
        <strong>{job}</strong>{' '}
        <span className="jp-Mlops-badge">{props.applied ? was : wouldBe}</span>
        <ul>
          {details.map(detail => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      </div>
    </>
  );
}

/** As “1 to create, 2 to delete”, or “1 created, 2 deleted”. */
function useCounts(
  changes: readonly DefinitionChange[],
  applied: boolean
): string {
  const trans = useTrans();
  const inWords = (action: Action, count: number) => {
    switch (action) {
      case 'create':
        return applied
          ? trans.__('%1 created', count)
          : trans.__('%1 to create', count);
      case 'change':
        return applied
          ? trans.__('%1 changed', count)
          : trans.__('%1 to change', count);
      case 'delete':
        return applied
          ? trans.__('%1 deleted', count)
          : trans.__('%1 to delete', count);
    }
  };
  return ACTIONS.map(action => {
    const count = changes.filter(change => change.action === action).length;
    return count > 0 ? inWords(action, count) : '';
  })
    .filter(Boolean)
    .join(', ');
}

function shortened(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(', ');
  return names.length > SHOWN ? `${shown}, … (${names.length})` : shown;
}

const SHOWN = 20;
