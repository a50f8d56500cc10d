import React from 'react';
import { asSentence } from '../api/problem';
import { useModel, useTrans } from '../panel/hooks';
import { Field } from '../runjob/field';
import { GatesEditor } from './gatesEditor';
import type { PlanDraft, PlanField } from './planDraft';

/** Aliases that people give; any other can be typed. */
const OFFERED = ['champion', 'challenger', 'production', 'staging'];

/** For which alias, which logged model, and behind which gates a model is registered. */
export function PlanFields({ plan }: { plan: PlanDraft }): JSX.Element {
  const trans = useTrans();
  useModel(plan);
  return (
    <>
      <PlanTextField
        plan={plan}
        field="alias"
        label={trans.__('Alias')}
        offered={OFFERED}
        placeholder={trans.__('none moves')}
        help={trans.__(
          'What the version becomes once every gate has passed. Until then it is candidate.'
        )}
      />
      <PlanTextField
        plan={plan}
        field="logged_model"
        label={trans.__('Logged model')}
        placeholder={trans.__('the last that it logs')}
        help={trans.__(
          'Only for a notebook that logs several: the name under which it logs this one.'
        )}
      />
      <GatesEditor plan={plan} />
    </>
  );
}

function PlanTextField(props: {
  plan: PlanDraft;
  field: PlanField;
  label: string;
  help: string;
  placeholder: string;
  offered?: readonly string[];
}): JSX.Element {
  const { plan, field, offered } = props;
  const problem = plan.problemOf(field);
  const offersId = React.useId();
  return (
    <Field
      label={props.label}
      help={props.help}
      problem={problem && asSentence(problem)}
    >
      {described => (
        <>
          <input
            {...described}
            type="text"
            className="jp-mod-styled"
            name={field}
            list={offered && offersId}
            autoComplete="off"
            spellCheck={false}
            placeholder={props.placeholder}
            value={plan.textOf(field)}
            onChange={event => plan.setText(field, event.target.value)}
          />
          {offered && (
            <datalist id={offersId}>
              {offered.map(name => (
                <option key={name} value={name} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}
