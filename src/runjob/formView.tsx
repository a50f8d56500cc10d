import React from 'react';
import { asSentence } from '../api/problem';
import { useModel, useTrans } from '../panel/hooks';
import { EmptyState, Notice, ProblemNotice } from '../panel/notice';
import { PlanFields } from '../registering/planFields';
import { Field } from './field';
import { Findings } from './findings';
import type { RunJobForm, When } from './form';
import { KernelField } from './kernelField';
import { LimitFields } from './limitFields';
import { MoreParameters, PresetField } from './moreParameters';
import { OptionsFields } from './optionsFields';
import { ParameterField } from './parameterField';
import { Preview, ScheduleFields } from './scheduleFields';
import { type IOffers, KindField, TriggerFields } from './triggerFields';

/** The form of “Run as job…”. */
export function RunJobFormView(props: {
  form: RunJobForm;
  /** Models that exist, offered under “Register model as”. */
  modelNames: readonly string[];
  /** Jobs that exist, offered as what this one runs after. */
  jobNames?: readonly string[];
  /** Where else than in JupyterLab one can be told. */
  channels?: readonly string[];
}): JSX.Element {
  const { form } = props;
  const trans = useTrans();
  useModel(form);
  const notebookProblem = form.problemOf('notebook') ?? form.generalProblem;
  return (
    <div className="jp-Mlops-form" aria-busy={form.isSubmitting}>
      {notebookProblem && <ProblemNotice problem={notebookProblem} />}
      {form.inspection.warnings.map(warning => (
        <Notice key={warning} tone="warning">
          <p>{warning}</p>
        </Notice>
      ))}
      <Parameters form={form} />
      <fieldset>
        <legend>{trans.__('Job')}</legend>
        <NameField form={form} />
        <KernelField form={form} />
        <RegisterField form={form} names={props.modelNames} />
        {form.registerModel.trim() !== '' && <PlanFields plan={form.plan} />}
      </fieldset>
      <WhenFields
        form={form}
        offers={{ models: props.modelNames, jobs: props.jobNames ?? [] }}
      />
      <OptionsFields form={form} channels={props.channels ?? []} />
      <Findings findings={form.findings} />
    </div>
  );
}

function Parameters({ form }: { form: RunJobForm }): JSX.Element {
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
      {parameters.length > 0 && <MoreParameters form={form} />}
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

function NameField({ form }: { form: RunJobForm }): JSX.Element {
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
  form: RunJobForm;
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

function WhenFields(props: { form: RunJobForm; offers: IOffers }): JSX.Element {
  const { form, offers } = props;
  const trans = useTrans();
  const group = React.useId();
  const choices: [When, string][] = [
    ['now', trans.__('Run now')],
    ['schedule', trans.__('On a schedule')],
    ['event', trans.__('On an event')]
  ];
  return (
    <fieldset>
      <legend>{trans.__('When')}</legend>
      <div className="jp-Mlops-radios">
        {choices.map(([when, label]) => (
          <label key={when}>
            <input
              type="radio"
              name={group}
              checked={form.when === when}
              onChange={() => (form.when = when)}
            />
            {label}
          </label>
        ))}
      </div>
      {form.when !== 'now' && (
        <>
          <KindField form={form} />
          {form.schedule.kind === 'cron' ? (
            <ScheduleFields form={form} />
          ) : (
            <TriggerFields form={form} offers={offers} />
          )}
          <LimitFields form={form} />
          <Preview form={form} />
        </>
      )}
    </fieldset>
  );
}
