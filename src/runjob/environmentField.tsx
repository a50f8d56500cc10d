import React from 'react';
import { asSentence } from '../api/problem';
import { useTrans } from '../panel/hooks';
import type { IEnvironmentProblem } from './environment';
import { Field } from './field';
import type { JobForm } from './jobForm';

/** The variables that the kernel is given, one a line; of a secret its name. */
export function EnvironmentField({ form }: { form: JobForm }): JSX.Element {
  const trans = useTrans();
  const { environmentProblem: problem } = form;
  const refused = form.problemOf('environment');
  const words: Record<IEnvironmentProblem['reason'], (line: number) => string> =
    {
      'no-equals': line => trans.__('Line %1: type NAME=VALUE.', line),
      'not-a-name': line =>
        trans.__(
          'Line %1: a name has letters, digits and underscores, and begins with no digit.',
          line
        ),
      twice: line => trans.__('Line %1: this name was given before.', line),
      'not-a-reference': line =>
        trans.__(
          'Line %1: a secret’s name has letters, digits, dots, dashes and underscores.',
          line
        )
    };
  return (
    <Field
      label={trans.__('Environment')}
      help={trans.__(
        'A variable a line. Keep a secret by `jupyter mlops secrets set NAME`, and give its name here: DB_PASSWORD=secret://NAME.'
      )}
      problem={
        problem
          ? words[problem.reason](problem.line)
          : refused && asSentence(refused)
      }
    >
      {described => (
        <textarea
          {...described}
          className="jp-mod-styled"
          name="environment"
          rows={2}
          autoComplete="off"
          spellCheck={false}
          placeholder={trans.__('DB_HOST=db.example.org')}
          value={form.environment}
          onChange={event => {
            form.environment = event.target.value;
          }}
        />
      )}
    </Field>
  );
}
