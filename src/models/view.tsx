import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import { CommandIDs } from '../commands';
import { formatDuration } from '../format';
import { useModel, useTrans } from '../panel/hooks';
import { EmptyState, Notice, ProblemNotice } from '../panel/notice';
import { RowList } from '../panel/rowList';
import { Approvals } from './approvals';
import type { ModelsModel } from './model';
import { ModelRow } from './modelRow';

/** An answer younger than this many seconds is shown without its age. */
const FRESH = 60;

export function ModelsView(props: {
  model: ModelsModel;
  commands: CommandRegistry;
}): JSX.Element {
  const { model, commands } = props;
  const trans = useTrans();
  useModel(model);
  const { answer, problem } = model;
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      {!answer && !problem && (
        <p className="jp-Mlops-waiting" role="status">
          {trans.__('Loading…')}
        </p>
      )}
      {answer && <Freshness of={answer} />}
      <Approvals
        waiting={model.waiting}
        heading="h3"
        decide={(...decision) => model.decide(...decision)}
        onOpen={({ model: name, version }) =>
          void commands.execute(CommandIDs.openModel, {
            name,
            ...(version !== null && { version })
          })
        }
      />
      {answer && model.items.length === 0 && !answer.problem && <NoModels />}
      {model.items.length > 0 && (
        <RowList label={trans.__('Registered models')}>
          {model.items.map(item => (
            <li key={item.name} className="jp-Mlops-item">
              <ModelRow item={item} commands={commands} />
            </li>
          ))}
        </RowList>
      )}
    </>
  );
}

/** Why, and since when, this may not be the tracking server's newest answer. */
export function Freshness(props: {
  of: { problem: string | null; age_s: number | null };
}): JSX.Element | null {
  const { problem, age_s } = props.of;
  const trans = useTrans();
  if (!problem && (age_s === null || age_s < FRESH)) {
    return null;
  }
  const age =
    age_s === null
      ? trans.__('There is no earlier answer to show. Asking again…')
      : trans.__('This is what it said %1 ago.', formatDuration(age_s));
  return (
    <Notice tone={problem ? 'warning' : 'info'}>
      {problem && <p>{problem}</p>}
      <p>{age}</p>
    </Notice>
  );
}

function NoModels(): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState title={trans.__('No registered models yet')}>
      <p>
        {trans.__(
          'Name a model under “Register model as” in “Run as job…”: when the run succeeds, the model it logged becomes a version here. Or unfold a run that succeeded, and choose “Register…”.'
        )}
      </p>
      <p>
        {trans.__(
          'Gates hold back what is not good enough: they judge each version before it is registered, or before an alias such as champion moves to it.'
        )}
      </p>
    </EmptyState>
  );
}
