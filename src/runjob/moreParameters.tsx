import React from 'react';
import { asSentence } from '../api/problem';
import type { Parameter } from '../api/types';
import { useTrans } from '../panel/hooks';
import { Field } from './field';
import type { RunJobForm } from './form';
import type { JobForm } from './jobForm';
import { MAX_COMBINATIONS } from './matrix';
import { choicesOf, inputKind } from './parameters';
import { useInvalidMessages } from './parameterField';

/** A job's named parameters to begin with; nothing where it has none. */
export function PresetField({ form }: { form: JobForm }): JSX.Element | null {
  const trans = useTrans();
  const names = Object.keys(form.presets);
  if (names.length === 0) {
    return null;
  }
  return (
    <Field label={trans.__('Preset')}>
      {described => (
        <select
          {...described}
          className="jp-mod-styled"
          name="preset"
          defaultValue=""
          onChange={({ target }) => form.applyPreset(target.value)}
        >
          <option value="" disabled>
            {trans.__('Choose…')}
          </option>
          {names.map(name => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Keeping the parameters under a name, and running with several values: folded, since neither is needed. */
export function MoreParameters({ form }: { form: RunJobForm }): JSX.Element {
  const { matrix } = form;
  const trans = useTrans();
  const [isOpen, setIsOpen] = React.useState(false);
  const isNow = form.when === 'now';
  const count = form.runCount;
  const isWrong = isNow && (!matrix.isValid || form.matrixProblem !== null);
  return (
    <details
      className="jp-Mlops-options jp-Mlops-folded"
      open={isOpen || isWrong}
      onToggle={event => setIsOpen(event.currentTarget.open)}
    >
      <summary>
        {isNow
          ? trans.__('Preset and several values')
          : trans.__('Save as a preset')}
        {count > 0 && (
          <span className="jp-Mlops-badge">
            {trans._n('%1 run', '%1 runs', count)}
          </span>
        )}
      </summary>
      <PresetNameField form={form} />
      {isNow && (
        <fieldset>
          <legend>{trans.__('One run for each combination of')}</legend>
          {form.inspection.parameters.map(parameter => (
            <ValuesField
              key={parameter.name}
              form={form}
              parameter={parameter}
            />
          ))}
          <MatrixNote form={form} />
        </fieldset>
      )}
    </details>
  );
}

/** Keeping the parameters under a name, folded. */
export function SavePreset({ form }: { form: JobForm }): JSX.Element {
  const trans = useTrans();
  return (
    <details className="jp-Mlops-options jp-Mlops-folded">
      <summary>{trans.__('Save as a preset')}</summary>
      <PresetNameField form={form} />
    </details>
  );
}

function PresetNameField({ form }: { form: JobForm }): JSX.Element {
  const trans = useTrans();
  return (
    <Field
      label={trans.__('Save as preset')}
      help={trans.__(
        'Keeps what differs from the defaults under this name, with the job.'
      )}
    >
      {described => (
        <input
          {...described}
          type="text"
          className="jp-mod-styled"
          name="presetName"
          autoComplete="off"
          maxLength={100}
          placeholder={trans.__('not saved')}
          value={form.presetName}
          onChange={({ target }) => (form.presetName = target.value)}
        />
      )}
    </Field>
  );
}

function ValuesField(props: {
  form: RunJobForm;
  parameter: Parameter;
}): JSX.Element {
  const { form, parameter } = props;
  const { matrix } = form;
  const trans = useTrans();
  const messages = useInvalidMessages(parameter);
  const reason = matrix.invalidReason(parameter);
  const isChosen = ['choice', 'checkbox'].includes(inputKind(parameter));
  const choices = isChosen ? choicesOf(parameter).map(String).join(', ') : '';
  return (
    <Field
      label={<code>{parameter.name}</code>}
      problem={
        reason === 'not-a-choice'
          ? trans.__('Type some of %1.', choices)
          : reason && messages[reason]
      }
    >
      {described => (
        <input
          {...described}
          aria-label={trans.__('Values of %1', parameter.name)}
          type="text"
          className="jp-mod-styled"
          autoComplete="off"
          spellCheck={false}
          placeholder={choices || trans.__('values, with commas between')}
          value={matrix.textOf(parameter)}
          onChange={({ target }) => matrix.setText(parameter, target.value)}
        />
      )}
    </Field>
  );
}

/** How many runs that makes, or why it cannot be. */
function MatrixNote({ form }: { form: RunJobForm }): JSX.Element | null {
  const trans = useTrans();
  const { runCount: count, matrixProblem } = form;
  if (matrixProblem) {
    return (
      <p className="jp-Mlops-fieldProblem" role="alert">
        {asSentence(matrixProblem)}
      </p>
    );
  }
  if (count > MAX_COMBINATIONS) {
    return (
      <p className="jp-Mlops-fieldProblem" role="alert">
        {trans.__(
          'These are %1 combinations; %2 are the most.',
          count,
          MAX_COMBINATIONS
        )}
      </p>
    );
  }
  return count > 0 ? (
    <p role="status">
      {trans._n('This makes %1 run.', 'This makes %1 runs.', count)}
    </p>
  ) : null;
}
