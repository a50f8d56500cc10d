import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { asSentence } from '../api/problem';
import { AcceptingDialog } from '../panel/acceptingDialog';
import { Translation, useModel, useTrans } from '../panel/hooks';
import { ProblemNotice } from '../panel/notice';
import { Field } from '../runjob/field';
import { LogDraft, type LogFault, type LogField } from './logDraft';
import type { Tracking } from './model';
import type { LoggedKind } from './types';
import { KernelIsBusy } from './waiting';

/** Ask for a value, and log it to the active run. */
export async function askForValue(
  tracking: Tracking,
  trans: TranslationBundle
): Promise<void> {
  const draft = new LogDraft(logged => tracking.log(logged));
  const dialog = new AcceptingDialog({
    title: trans.__('Log to “%1”', tracking.activeRun?.name ?? ''),
    body: ReactWidget.create(
      <Translation.Provider value={trans}>
        <LogFields draft={draft} tracking={tracking} />
      </Translation.Provider>
    ),
    buttons: [
      Dialog.cancelButton(),
      Dialog.okButton({ label: trans.__('Log') })
    ],
    focusNodeSelector: 'input',
    accept: () => draft.submit()
  });
  await dialog.launch().finally(() => dialog.dispose());
}

/** Name = value, and as what. */
export function LogFields(props: {
  draft: LogDraft;
  tracking: Tracking;
}): JSX.Element {
  const { draft, tracking } = props;
  const trans = useTrans();
  const wordsOf = useFaultInWords();
  useModel(draft);
  const problemOf = (field: LogField) => {
    const fault = draft.faultOf(field);
    const problem = draft.problemOf(field);
    return fault ? wordsOf(fault) : problem && asSentence(problem);
  };
  return (
    <div className="jp-Mlops-form">
      <Field label={trans.__('Name')} problem={problemOf('name')}>
        {described => (
          <input
            {...described}
            type="text"
            className="jp-mod-styled"
            name="name"
            autoComplete="off"
            spellCheck={false}
            value={draft.name}
            onChange={event => draft.set({ name: event.target.value })}
          />
        )}
      </Field>
      <Field label={trans.__('Value')} problem={problemOf('value')}>
        {described => (
          <input
            {...described}
            type="text"
            className="jp-mod-styled"
            name="value"
            autoComplete="off"
            spellCheck={false}
            value={draft.value}
            onChange={event => draft.set({ value: event.target.value })}
          />
        )}
      </Field>
      <Field label={trans.__('Log as')} help={useHelp(draft.kind)}>
        {described => (
          <select
            {...described}
            className="jp-mod-styled"
            name="kind"
            value={draft.kind}
            onChange={event =>
              draft.set({ kind: event.target.value as LoggedKind })
            }
          >
            <option value="metric">{trans.__('metric')}</option>
            <option value="param">{trans.__('parameter')}</option>
            <option value="tag">{trans.__('tag')}</option>
          </select>
        )}
      </Field>
      <KernelIsBusy tracking={tracking} />
      {draft.generalProblem && <ProblemNotice problem={draft.generalProblem} />}
    </div>
  );
}

function useHelp(kind: LoggedKind): string {
  const trans = useTrans();
  switch (kind) {
    case 'metric':
      return trans.__('A number; logged again, it is the metric’s next value.');
    case 'param':
      return trans.__('A text or a number that cannot change in its run.');
    case 'tag':
      return trans.__('A text that may be set anew.');
  }
}

function useFaultInWords(): (fault: LogFault) => string {
  const trans = useTrans();
  return fault => {
    switch (fault) {
      case 'no-name':
        return trans.__('Name what is logged, as “accuracy”.');
      case 'odd-name':
        return trans.__(
          'MLflow takes letters, digits, spaces and _ - . : / in a name only.'
        );
      case 'no-value':
        return trans.__('Give its value.');
      case 'not-a-number':
        return trans.__(
          'A metric is a number, as 0.93. A text is logged as a parameter or a tag.'
        );
      case 'too-long':
        return trans.__('This is longer than MLflow takes.');
    }
  };
}
