import { closeIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { useModel, useTrans } from '../panel/hooks';
import { IconButton } from '../panel/iconButton';
import { Notice } from '../panel/notice';
import { PlanFields } from '../registering/planFields';
import type { EditJobForm } from './editForm';
import { FormNotices, JobFields, Parameters } from './jobFields';
import { SavePreset } from './moreParameters';
import { OptionsFields } from './optionsFields';

/** The form of “Edit…”: what a job runs and how; when it runs is changed in its row. */
export function EditJobFormView(props: {
  form: EditJobForm;
  /** Models that exist, offered under “Register model as”. */
  modelNames: readonly string[];
  /** Where else than in JupyterLab one can be told. */
  channels: readonly string[];
}): JSX.Element {
  const { form } = props;
  const trans = useTrans();
  useModel(form);
  return (
    <div className="jp-Mlops-form" aria-busy={form.isSubmitting}>
      <p className="jp-Mlops-fieldHelp">
        {trans.__(
          'Runs so far and those queued stay as they are; what is changed here holds for the next.'
        )}
      </p>
      <FormNotices form={form} />
      {form.gone.length > 0 && (
        <Notice tone="warning">
          <p>
            {trans.__(
              'The notebook has no parameter %1 any more. Saving takes it from the job.',
              form.gone.join(', ')
            )}
          </p>
        </Notice>
      )}
      <Parameters form={form}>
        <PresetList form={form} />
        <SavePreset form={form} />
      </Parameters>
      <JobFields form={form} modelNames={props.modelNames}>
        <PlanFields plan={form.plan} />
      </JobFields>
      <OptionsFields form={form} channels={props.channels} />
    </div>
  );
}

/** The named parameters that the job keeps, each of which can be dropped. */
function PresetList({ form }: { form: EditJobForm }): JSX.Element | null {
  const trans = useTrans();
  const names = Object.keys(form.presets);
  if (names.length === 0) {
    return null;
  }
  return (
    <ul className="jp-Mlops-list" aria-label={trans.__('Presets')}>
      {names.map(name => (
        <li key={name} className="jp-Mlops-rowTitle">
          <span>{name}</span>
          <IconButton
            icon={closeIcon}
            label={trans.__('Remove the preset: %1', name)}
            onClick={() => form.dropPreset(name)}
          />
        </li>
      ))}
    </ul>
  );
}
