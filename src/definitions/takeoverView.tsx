import React from 'react';
import { asSentence } from '../api/problem';
import type { TakenOver } from '../api/types';
import { useModel, useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import { EmptyState, ProblemNotice } from '../panel/notice';
import { Field } from '../runjob/field';
import type { Takeover } from './takeover';

/** What would become of each definition of jupyter-scheduler, then the button that makes the jobs. */
export function TakeoverView({ model }: { model: Takeover }): JSX.Element {
  const trans = useTrans();
  useModel(model);
  React.useEffect(() => void model.look(), [model]);
  const { found, ready, isBusy, databaseProblem, generalProblem } = model;
  return (
    <form
      className="jp-Mlops-form"
      aria-busy={isBusy}
      onSubmit={event => {
        event.preventDefault();
        void model.look();
      }}
    >
      <p className="jp-Mlops-fieldHelp">
        {trans.__(
          'Each job definition becomes a job with its schedule. Nothing of jupyter-scheduler’s is changed: both can be used side by side.'
        )}
      </p>
      <div>
        <Field
          label={trans.__('Its database')}
          help={trans.__(
            'Only where it is not in Jupyter’s data directory: its path from the folder that JupyterLab was started in.'
          )}
          problem={databaseProblem && asSentence(databaseProblem)}
        >
          {described => (
            <input
              {...described}
              type="text"
              className="jp-mod-styled"
              name="database"
              autoComplete="off"
              spellCheck={false}
              placeholder={USUAL_NAME}
              value={model.database}
              onChange={({ target }) => model.setDatabase(target.value)}
            />
          )}
        </Field>
        <Field
          label={trans.__('Let schedules fire')}
          help={trans.__(
            'Those that are active there. Otherwise all are made paused, so that no run is made twice.'
          )}
        >
          {described => (
            <input
              {...described}
              type="checkbox"
              name="activate"
              checked={model.activate}
              onChange={({ target }) => model.setActivate(target.checked)}
            />
          )}
        </Field>
      </div>
      {model.isMissing && <NoScheduler />}
      {generalProblem && <ProblemNotice problem={generalProblem} />}
      {found && <Found model={model} found={found} />}
      <div className="jp-Mlops-actions">
        <button type="submit" className="jp-Mlops-textButton" disabled={isBusy}>
          {trans.__('Look again')}
        </button>
        {ready > 0 && (
          <TextButton
            label={trans._n('Take over %1 job', 'Take over %1 jobs', ready)}
            disabled={isBusy}
            onClick={() => void model.takeOver()}
          />
        )}
      </div>
    </form>
  );
}

function NoScheduler(): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState title={trans.__('jupyter-scheduler has left nothing here')}>
      <p role="status">
        {trans.__(
          'There is no scheduler.sqlite in Jupyter’s data directory, where it keeps its job definitions. If yours is elsewhere, copy it below the folder that JupyterLab was started in, and name it above.'
        )}
      </p>
    </EmptyState>
  );
}

function Found(props: {
  model: Takeover;
  found: readonly TakenOver[];
}): JSX.Element {
  const { model, found } = props;
  const trans = useTrans();
  const fine = found.filter(({ problem }) => problem === null).length;
  const summary =
    found.length === 0
      ? trans.__('It has no job definitions.')
      : model.isDone
        ? trans.__('%1 of %2 were taken over.', fine, found.length)
        : trans.__('%1 of %2 can be taken over.', fine, found.length);
  return (
    <section
      className="jp-Mlops-preview jp-Mlops-plan"
      aria-label={trans.__('Job definitions of jupyter-scheduler')}
    >
      <p role="status">{summary}</p>
      <ul className="jp-Mlops-changes">
        {found.map(one => (
          <li key={one.definition_id}>
            <Definition one={one} model={model} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Definition(props: { one: TakenOver; model: Takeover }): JSX.Element {
  const { one, model } = props;
  const { job, problem, not_taken, unplaced } = one;
  const trans = useTrans();
  return (
    <>
      <span
        className="jp-Mlops-changeMark"
        data-action={problem ? 'delete' : 'create'}
        aria-hidden
      >
        {problem ? '✕' : '+'}
      </span>
      <div>
        <strong>{one.name}</strong>{' '}
        {job !== null && job !== one.name && trans.__('as “%1”', job)}
        <ul>
          {problem && <li>{problem}</li>}
          {not_taken.map(part => (
            <li key={part}>{trans.__('Left behind: %1', part)}</li>
          ))}
        </ul>
        {unplaced && (
          <Field label={trans.__('Where %1 is', unplaced)}>
            {described => (
              <input
                {...described}
                type="text"
                className="jp-mod-styled"
                autoComplete="off"
                spellCheck={false}
                placeholder={trans.__('folder/%1', unplaced)}
                value={model.placeOf(unplaced)}
                onChange={({ target }) =>
                  model.setPlace(unplaced, target.value)
                }
              />
            )}
          </Field>
        )}
      </div>
    </>
  );
}

const USUAL_NAME = 'scheduler.sqlite';
