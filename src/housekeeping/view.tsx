import React from 'react';
import { asSentence } from '../api/problem';
import type { Cleaning } from '../api/types';
import { formatBytes } from '../format';
import { useModel, useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import { Notice, ProblemNotice } from '../panel/notice';
import { Ago } from '../panel/times';
import { Field } from '../runjob/field';
import type { CleanUp, CleanUpField } from './model';

/** Limits, then what would go by them, then the button that lets it go. */
export function CleanUpView({ model }: { model: CleanUp }): JSX.Element {
  const trans = useTrans();
  useModel(model);
  const fields: [CleanUpField, string, string][] = [
    ['older_than', trans.__('Ended longer ago than'), '30d'],
    ['keep', trans.__('Keep of each job the newest'), '50'],
    ['max_size', trans.__('Keep of each job’s outputs'), '5GB']
  ];
  return (
    <form
      className="jp-Mlops-form"
      aria-busy={model.isBusy}
      onSubmit={event => {
        event.preventDefault();
        void model.look();
      }}
    >
      <p className="jp-Mlops-fieldHelp">
        {trans.__(
          'A run goes when any of the limits says so, with its executed notebook. Without limits, those of the jobs themselves hold.'
        )}
      </p>
      <div>
        {fields.map(([field, label, placeholder]) => {
          const problem = model.problemOf(field);
          return (
            <Field
              key={field}
              label={label}
              problem={problem && asSentence(problem)}
            >
              {described => (
                <input
                  {...described}
                  type="text"
                  className="jp-mod-styled"
                  name={field}
                  autoComplete="off"
                  spellCheck={false}
                  placeholder={placeholder}
                  value={model.textOf(field)}
                  onChange={({ target }) => model.setText(field, target.value)}
                />
              )}
            </Field>
          );
        })}
      </div>
      {model.generalProblem && <ProblemNotice problem={model.generalProblem} />}
      <div className="jp-Mlops-actions">
        <button
          type="submit"
          className="jp-Mlops-textButton"
          disabled={model.isBusy}
        >
          {trans.__('Show what would go')}
        </button>
        {model.planned !== null && model.planned.count > 0 && (
          <TextButton
            label={trans._n(
              'Remove %1 run',
              'Remove %1 runs',
              model.planned.count
            )}
            disabled={model.isBusy}
            onClick={() => void model.remove()}
          />
        )}
      </div>
      {model.planned && <Planned cleaning={model.planned} />}
      {model.done && <Done cleaning={model.done} />}
    </form>
  );
}

function Planned({ cleaning }: { cleaning: Cleaning }): JSX.Element {
  const { count, runs, bytes, limited_jobs } = cleaning;
  const trans = useTrans();
  const why = {
    older_than: trans.__('too old'),
    keep: trans.__('more than are kept'),
    max_size: trans.__('too large together')
  };
  if (count === 0) {
    return (
      <p role="status">
        {limited_jobs === 0
          ? trans.__('Nothing would go: no job has a limit of its own.')
          : trans.__('Nothing would go.')}
      </p>
    );
  }
  return (
    <div className="jp-Mlops-preview jp-Mlops-cleaning" role="status">
      <p>
        {trans._n(
          '%1 run would go, with %2.',
          '%1 runs would go, with %2.',
          count,
          formatBytes(bytes)
        )}
      </p>
      <ul>
        {runs.slice(0, SHOWN).map(run => (
          <li key={run.id}>
            {run.job_name}{' '}
            <span className="jp-Mlops-fieldHelp">
              {run.ended_at && <Ago moment={run.ended_at} />} ·{' '}
              {formatBytes(run.bytes)} · {why[run.why]}
            </span>
          </li>
        ))}
        {count > SHOWN && <li>{trans.__('and %1 more', count - SHOWN)}</li>}
      </ul>
    </div>
  );
}

function Done({ cleaning }: { cleaning: Cleaning }): JSX.Element {
  const { count, bytes, problems, complete } = cleaning;
  const trans = useTrans();
  return (
    <Notice tone={problems.length > 0 || !complete ? 'warning' : 'info'}>
      <p>
        {trans._n(
          '%1 run was removed, with %2.',
          '%1 runs were removed, with %2.',
          count,
          formatBytes(bytes)
        )}
      </p>
      {!complete && (
        <p>{trans.__('There was no time for more: remove the rest again.')}</p>
      )}
      {problems.map(problem => (
        <p key={problem}>{problem}</p>
      ))}
    </Notice>
  );
}

const SHOWN = 10;
