import React from 'react';
import { asSentence } from '../api/problem';
import { useTrans } from '../panel/hooks';
import { EmptyState, Notice, ProblemNotice } from '../panel/notice';
import { Field } from './field';
import type { JobForm } from './jobForm';
import { KernelField } from './kernelField';
import { PresetField } from './moreParameters';
import { ParameterField } from './parameterField';

/** What is wrong with the form as a whole, and what is to be known of its notebook. */
export function FormNotices({ form }: { form: JobForm }): JSX.Element {
  const problem = form.problemOf('notebook') ?? form.generalProblem;
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      {form.inspection.warnings.map(warning => (
        <Notice key={warning} tone="warning">
          <p>{warning}</p>
        </Notice>
      ))}
    </>
  );
}

/** The notebook's parameters, and below them what else can be done with them. */
export function Parameters(props: {
  form: JobForm;
  children: React.ReactNode;
}): JSX.Element {
  const { form } = props;
  const trans = useTrans();
  const { parameters, has_parameters_cell } = form.inspection;
  return (
    <fieldset>
      <legend>{trans.__('Parameters')}</legend>
      <PresetField form={form} />
      {parameters.map(parameter => (
        <ParameterField
          key={parameter.name}
          form={form}
          parameter={parameter}
        />
      ))}
      {parameters.length > 0 && props.children}
      {parameters.length === 0 && (
        <EmptyState
          title={
            has_parameters_cell
              ? trans.__('The parameters cell assigns no variable')
              : trans.__('This notebook has no parameters cell')
          }
        >
          <p>
            {trans.__(
              'It can run as it is. To give it parameters: put their defaults in one cell (C = 1.0), select that cell, and add the tag “parameters” under Common Tools in the property inspector (the gears in the right sidebar).'
            )}
          </p>
        </EmptyState>
      )}
    </fieldset>
  );
}

/** What the job is called, what runs it, and what becomes of its model. */
export function JobFields(props: {
  form: JobForm;
  /** Models that exist, offered under “Register model as”. */
  modelNames: readonly string[];
  /** How the model is registered. */
  children: React.ReactNode;
}): JSX.Element {
  const { form } = props;
  const trans = useTrans();
  return (
    <fieldset>
      <legend>{trans.__('Job')}</legend>
      <NameField form={form} />
      <KernelField form={form} />
      <RegisterField form={form} names={props.modelNames} />
      {form.registerModel.trim() !== '' && props.children}
    </fieldset>
  );
}

function NameField({ form }: { form: JobForm }): JSX.Element {
  const trans = useTrans();
  const problem = form.problemOf('name');
  return (
    <Field
      label={trans.__('Job name')}
      problem={problem && asSentence(problem)}
    >
      {described => (
        <input
          {...described}
          type="text"
          className="jp-mod-styled"
          name="name"
          autoComplete="off"
          placeholder={form.inspection.name}
          value={form.name}
          onChange={event => (form.name = event.target.value)}
        />
      )}
    </Field>
  );
}

function RegisterField(props: {
  form: JobForm;
  names: readonly string[];
}): JSX.Element {
  const { form } = props;
  const trans = useTrans();
  const problem = form.problemOf('register_model');
  const namesId = React.useId();
  return (
    <Field
      label={trans.__('Register model as')}
      problem={problem && asSentence(problem)}
      help={trans.__(
        'Optional. After success, the model that the notebook logged becomes a new version of this registered model.'
      )}
    >
      {described => (
        <>
          <input
            {...described}
            type="text"
            className="jp-mod-styled"
            name="register_model"
            list={namesId}
            autoComplete="off"
            placeholder={trans.__('no model')}
            value={form.registerModel}
            onChange={event => (form.registerModel = event.target.value)}
          />
          <datalist id={namesId}>
            {props.names.map(name => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
