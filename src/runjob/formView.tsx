import React from 'react';
import { useModel, useTrans } from '../panel/hooks';
import { PlanFields } from '../registering/planFields';
import { Findings } from './findings';
import type { RunJobForm, When } from './form';
import { FormNotices, JobFields, Parameters } from './jobFields';
import { LimitFields } from './limitFields';
import { MoreParameters } from './moreParameters';
import { OptionsFields } from './optionsFields';
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
  useModel(form);
  return (
    <div className="jp-Mlops-form" aria-busy={form.isSubmitting}>
      <FormNotices form={form} />
      <Parameters form={form}>
        <MoreParameters form={form} />
      </Parameters>
      <JobFields form={form} modelNames={props.modelNames}>
        <PlanFields plan={form.plan} />
      </JobFields>
      <WhenFields
        form={form}
        offers={{ models: props.modelNames, jobs: props.jobNames ?? [] }}
      />
      <OptionsFields form={form} channels={props.channels ?? []} />
      <Findings findings={form.findings} />
    </div>
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
