import React from 'react';
import { asSentence } from '../api/problem';
import { formatMetric } from '../format';
import { NamedValues } from '../panel/facts';
import { useModel, useTrans } from '../panel/hooks';
import { ProblemNotice } from '../panel/notice';
import { Field } from '../runjob/field';
import { PlanFields } from './planFields';
import type { RegisterForm } from './registerForm';
import { RegistrationProgress } from './registrationProgress';

/** The form of “Register…”, then the way of what it sent. */
export function RegisterView(props: {
  form: RegisterForm;
  modelNames: readonly string[];
}): JSX.Element {
  const { form } = props;
  useModel(form);
  return (
    <div className="jp-Mlops-form" aria-busy={form.isSending}>
      {form.generalProblem && <ProblemNotice problem={form.generalProblem} />}
      {form.registration ? (
        <RegistrationProgress registration={form.registration} />
      ) : (
        <Inputs {...props} />
      )}
    </div>
  );
}

function Inputs(props: {
  form: RegisterForm;
  modelNames: readonly string[];
}): JSX.Element {
  const { form, modelNames } = props;
  const trans = useTrans();
  const namesId = React.useId();
  const problem = form.isModelMissing
    ? trans.__('Name the registered model that gets the version.')
    : form.modelProblem && asSentence(form.modelProblem);
  return (
    <>
      {Object.keys(form.run.metrics).length > 0 && (
        <NamedValues values={form.run.metrics} format={formatMetric} />
      )}
      <fieldset>
        <legend>{trans.__('Model')}</legend>
        <Field label={trans.__('Registered model')} problem={problem}>
          {described => (
            <>
              <input
                {...described}
                type="text"
                className="jp-mod-styled"
                name="model"
                list={namesId}
                autoComplete="off"
                spellCheck={false}
                value={form.model}
                onChange={event => (form.model = event.target.value)}
              />
              <datalist id={namesId}>
                {modelNames.map(name => (
                  <option key={name} value={name} />
                ))}
              </datalist>
            </>
          )}
        </Field>
        <PlanFields plan={form.plan} />
      </fieldset>
    </>
  );
}
