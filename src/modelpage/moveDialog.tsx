import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { asSentence } from '../api/problem';
import type { ModelPage, Problem } from '../api/types';
import { Translation, useTrans } from '../panel/hooks';
import { ProblemNotice } from '../panel/notice';
import { AcceptingDialog } from '../panel/acceptingDialog';
import { Field } from '../runjob/field';
import type { ModelPageModel } from './model';
import { MoveDraft } from './moveDraft';
import { useModel } from '../panel/hooks';

/** Ask why, then give an alias back to the version that held it before. */
export function askForRollback(
  model: ModelPageModel,
  alias: string,
  trans: TranslationBundle
): Promise<void> {
  const draft = new MoveDraft(alias, null, ({ reason }) =>
    model.rollBack(alias, reason)
  );
  return ask(draft, trans, {
    title: trans.__('Roll back %1 of “%2”', alias, model.name),
    accept: trans.__('Roll back'),
    body: (
      <p className="jp-Mlops-dialogText">
        {trans.__(
          'The alias goes back to the version that held it before. The version that holds it now stays in the registry.'
        )}
      </p>
    )
  });
}

/** Ask which alias is to go to which version, and why. */
export function askForMove(
  model: ModelPageModel,
  page: ModelPage,
  trans: TranslationBundle
): Promise<void> {
  const { champion } = page.aliases;
  const others = page.versions.filter(({ version }) => version !== champion);
  const to = model.version === champion ? others[0]?.version : model.version;
  const draft = new MoveDraft('champion', to ?? model.version, move =>
    model.moveAlias(move.alias, move.version, move.reason)
  );
  return ask(draft, trans, {
    title: trans.__('Move an alias of “%1”', model.name),
    accept: trans.__('Move'),
    body: <MoveFields draft={draft} page={page} />
  });
}

async function ask(
  draft: MoveDraft,
  trans: TranslationBundle,
  words: { title: string; accept: string; body: JSX.Element }
): Promise<void> {
  const dialog = new AcceptingDialog({
    title: words.title,
    body: ReactWidget.create(
      <Translation.Provider value={trans}>
        <div className="jp-Mlops-form">
          {words.body}
          <ReasonField draft={draft} />
        </div>
      </Translation.Provider>
    ),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: words.accept })],
    focusNodeSelector: 'input, textarea',
    accept: () => draft.submit()
  });
  await dialog.launch().finally(() => dialog.dispose());
}

function MoveFields(props: { draft: MoveDraft; page: ModelPage }): JSX.Element {
  const { draft, page } = props;
  const trans = useTrans();
  useModel(draft);
  const known = React.useId();
  return (
    <>
      <p className="jp-Mlops-dialogText">
        {trans.__(
          'No gate is asked when an alias is moved by hand: the reason is kept in the alias’s history.'
        )}
      </p>
      <Field
        label={trans.__('Alias')}
        problem={words(draft.problemOf('alias'))}
      >
        {described => (
          <>
            <input
              {...described}
              type="text"
              className="jp-mod-styled"
              name="alias"
              list={known}
              autoComplete="off"
              spellCheck={false}
              value={draft.alias}
              onChange={event => (draft.alias = event.target.value)}
            />
            <datalist id={known}>
              {Object.keys(page.aliases).map(alias => (
                <option key={alias} value={alias} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      <Field label={trans.__('To')} problem={words(draft.problemOf('version'))}>
        {described => (
          <select
            {...described}
            className="jp-mod-styled"
            name="version"
            value={draft.version ?? ''}
            onChange={event => (draft.version = event.target.value || null)}
          >
            {page.versions.map(({ version, aliases }) => (
              <option key={version} value={version}>
                {trans.__('version %1', version)}
                {aliases.length > 0 && ` (${aliases.join(', ')})`}
              </option>
            ))}
            <option value="">{trans.__('no version: take it away')}</option>
          </select>
        )}
      </Field>
    </>
  );
}

function ReasonField({ draft }: { draft: MoveDraft }): JSX.Element {
  const trans = useTrans();
  useModel(draft);
  const problem = draft.isReasonMissing
    ? trans.__('Say why: the reason is kept.')
    : words(draft.problemOf('reason'));
  return (
    <>
      <Field label={trans.__('Reason')} problem={problem}>
        {described => (
          <textarea
            {...described}
            name="reason"
            rows={2}
            maxLength={2000}
            value={draft.reason}
            onChange={event => (draft.reason = event.target.value)}
          />
        )}
      </Field>
      {draft.generalProblem && <ProblemNotice problem={draft.generalProblem} />}
    </>
  );
}

function words(problem: Problem | null): string | null {
  return problem && asSentence(problem);
}
