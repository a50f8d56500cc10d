import React from 'react';
import type { Client } from '../api/client';
import { asSentence } from '../api/problem';
import type { Problem } from '../api/types';
import { TokenView } from '../jobs/token';
import { useModel, useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import { Notice, ProblemNotice } from '../panel/notice';
import { Field } from '../runjob/field';
import { ChangesView } from './changesView';
import type { IToken, JobsAsCode } from './jobsAsCode';

/** The file, then what it would change, then the button that changes it; and the way back, from jobs to a file. */
export function JobsAsCodeView(props: {
  model: JobsAsCode;
  client: Client;
  /** Files that may be meant. */
  offered: readonly string[];
}): JSX.Element {
  const { model, client, offered } = props;
  const trans = useTrans();
  const listId = React.useId();
  useModel(model);
  const { choice, isBusy, planned, done, fileProblem, generalProblem } = model;
  return (
    <form
      className="jp-Mlops-form"
      aria-busy={isBusy}
      onSubmit={event => {
        event.preventDefault();
        void model.plan();
      }}
    >
      <p className="jp-Mlops-fieldHelp">
        {trans.__(
          'Jobs and their triggers as a file beside the notebooks, to be kept in git. What it would change is shown first; jobs that it does not name and did not make are left alone.'
        )}
      </p>
      <div>
        <Field
          label={trans.__('File')}
          help={trans.__('From the folder that JupyterLab was started in.')}
          problem={fileProblem && asSentence(fileProblem)}
        >
          {described => (
            <input
              {...described}
              type="text"
              className="jp-mod-styled"
              name="file"
              list={listId}
              autoComplete="off"
              spellCheck={false}
              value={choice.file}
              onChange={({ target }) => model.choose({ file: target.value })}
            />
          )}
        </Field>
        <datalist id={listId}>
          {offered.map(file => (
            <option key={file} value={file} />
          ))}
        </datalist>
        <Field
          label={trans.__('Take over')}
          help={trans.__(
            'Also jobs of the same names that were made by hand or by another file (--adopt).'
          )}
        >
          {described => (
            <input
              {...described}
              type="checkbox"
              name="adopt"
              checked={choice.adopt}
              onChange={({ target }) => model.choose({ adopt: target.checked })}
            />
          )}
        </Field>
      </div>
      {generalProblem && <Refusal problem={generalProblem} />}
      <div className="jp-Mlops-actions">
        <button type="submit" className="jp-Mlops-textButton" disabled={isBusy}>
          {trans.__('Show what would change')}
        </button>
        {planned !== null && planned.changes.length > 0 && (
          <TextButton
            label={trans._n(
              'Apply %1 change',
              'Apply %1 changes',
              planned.changes.length
            )}
            disabled={isBusy}
            onClick={() => void model.apply()}
          />
        )}
        <TextButton
          label={trans.__('Write all jobs to this file')}
          disabled={isBusy}
          onClick={() => void model.write()}
        />
      </div>
      {model.isInTheWay && <InTheWay model={model} />}
      {model.written && <Written model={model} />}
      {planned && <ChangesView changes={planned} />}
      {done && <ChangesView changes={done} />}
      <Tokens tokens={model.tokens} client={client} />
    </form>
  );
}

/** All that is wrong with a file; the server says each with its line. */
function Refusal({ problem }: { problem: Problem }): JSX.Element {
  const lines = problem.message.split('\n');
  if (lines.length === 1) {
    return <ProblemNotice problem={problem} />;
  }
  return (
    <Notice tone="error" title={problem.hint ?? ''}>
      <ul className="jp-Mlops-refusals">
        {lines.map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Notice>
  );
}

function InTheWay({ model }: { model: JobsAsCode }): JSX.Element {
  const trans = useTrans();
  return (
    <Notice tone="warning">
      <p>{trans.__('“%1” is there already.', model.choice.file)}</p>
      <TextButton
        label={trans.__('Replace it')}
        onClick={() => void model.write(true)}
      />
    </Notice>
  );
}

function Written({ model }: { model: JobsAsCode }): JSX.Element {
  const { file, jobs } = model.written!;
  const trans = useTrans();
  return (
    <Notice tone="info">
      <p>
        {trans._n(
          '%1 job is written to “%2”.',
          '%1 jobs are written to “%2”.',
          jobs,
          file
        )}
      </p>
      {jobs > 0 && (
        <p>
          {trans.__(
            'It rules them once it is applied with “Take over” ticked.'
          )}
        </p>
      )}
    </Notice>
  );
}

/** The tokens of triggers that were made. */
function Tokens(props: {
  tokens: readonly IToken[];
  client: Client;
}): JSX.Element {
  const { tokens, client } = props;
  const trans = useTrans();
  return (
    <>
      {tokens.map(({ job, trigger_id, token }) => (
        <Notice
          key={trigger_id}
          tone="warning"
          title={trans.__('“%1” runs when this address is called', job)}
        >
          <TokenView
            address={client.hookAddress(trigger_id)}
            token={token}
            trans={trans}
          />
        </Notice>
      ))}
    </>
  );
}
