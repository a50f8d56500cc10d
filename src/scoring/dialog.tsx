import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { asSentence } from '../api/problem';
import { AcceptingDialog } from '../panel/acceptingDialog';
import { Translation, useModel, useTrans } from '../panel/hooks';
import { ProblemNotice } from '../panel/notice';
import { Field } from '../runjob/field';
import type { IScoring, ScoringDraft } from './draft';

/** Ask what is to be scored; resolves to the path of the notebook that was written, or null. */
export async function askForScoring(
  draft: ScoringDraft,
  name: string,
  trans: TranslationBundle
): Promise<string | null> {
  // eslint-disable-next-line jupyter/require-disposable-ownership -- disposed of in `finally`
  const dialog = new AcceptingDialog({
    title: trans.__('Score a table with “%1”', name),
    body: ReactWidget.create(
      <Translation.Provider value={trans}>
        <ScoringFields draft={draft} />
      </Translation.Provider>
    ),
    buttons: [
      Dialog.cancelButton(),
      Dialog.okButton({ label: trans.__('Write the notebook') })
    ],
    focusNodeSelector: 'input[name="data"]',
    accept: () => draft.submit()
  });
  try {
    await dialog.launch();
  } finally {
    dialog.dispose();
  }
  return draft.written;
}

/** The fields of the dialog. */
export function ScoringFields({ draft }: { draft: ScoringDraft }): JSX.Element {
  const trans = useTrans();
  useModel(draft);
  return (
    <div className="jp-Mlops-form">
      <p className="jp-Mlops-dialogText">
        {trans.__(
          'This writes a notebook that scores every row of a table. Run it as a job, now or each night.'
        )}
      </p>
      <Field
        label={trans.__('Version')}
        help={trans.__(
          'By an alias, each run takes the version that holds it then.'
        )}
      >
        {described => (
          <select
            {...described}
            className="jp-mod-styled"
            name="version"
            value={draft.values.version}
            onChange={event => draft.set('version', event.target.value)}
          >
            {draft.versions.map(version => (
              <option key={version} value={version}>
                {version.startsWith('@')
                  ? version.slice(1)
                  : trans.__('version %1', version)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Text
        draft={draft}
        field="data"
        label={trans.__('Table')}
        missing={
          draft.isDataMissing ? trans.__('Name the table to score.') : null
        }
        help={trans.__(
          'A .parquet, .csv or .jsonl file, beside the notebook or by its path.'
        )}
      />
      <Text
        draft={draft}
        field="output"
        label={trans.__('Folder of the scores')}
        help={trans.__(
          'Each logical date has one file in it, which a new run of that date replaces.'
        )}
      />
      <Text
        draft={draft}
        field="logical_date"
        label={trans.__('Logical date')}
        placeholder={trans.__('that of the run')}
        help={trans.__(
          'The day that the table is of, such as 2026-11-21. Empty: the day for which a run is scheduled.'
        )}
      />
      <Text
        draft={draft}
        field="notebook"
        label={trans.__('Notebook')}
        help={trans.__('Where it is written; a run can change what it scores.')}
      />
      {draft.generalProblem && <ProblemNotice problem={draft.generalProblem} />}
    </div>
  );
}

function Text(props: {
  draft: ScoringDraft;
  field: keyof IScoring;
  label: string;
  help: string;
  missing?: string | null;
  placeholder?: string;
}): JSX.Element {
  const { draft, field } = props;
  const refused = draft.problemOf(field);
  return (
    <Field
      label={props.label}
      help={props.help}
      problem={props.missing ?? (refused && asSentence(refused))}
    >
      {described => (
        <input
          {...described}
          type="text"
          className="jp-mod-styled"
          name={field}
          autoComplete="off"
          spellCheck={false}
          placeholder={props.placeholder}
          value={draft.values[field]}
          onChange={event => draft.set(field, event.target.value)}
        />
      )}
    </Field>
  );
}
