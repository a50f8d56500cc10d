import React from 'react';
import { asSentence } from '../api/problem';
import { useTrans } from '../panel/hooks';
import { Field, type IDescribed } from '../runjob/field';
import type { GateDraft } from './gateDraft';
import type { IGateOption } from './gateOptions';
import type { PlanDraft } from './planDraft';

/** The input of one option of a gate, fit for its JSON Schema. */
export function OptionField(props: {
  plan: PlanDraft;
  gate: GateDraft;
  option: IGateOption;
}): JSX.Element {
  const { plan, gate, option } = props;
  const trans = useTrans();
  const problem = gate.problemOf(option);
  const isShown = problem !== null && (problem !== 'missing' || plan.isTried);
  const refused = plan.problemOfGate(gate, option.name);
  const messages = {
    missing: trans.__('The gate needs it.'),
    'not-a-number': trans.__('Type a number.'),
    'not-whole': trans.__('Type a whole number.'),
    'not-json': trans.__('Type it as JSON.')
  };
  const help = [
    option.help,
    option.input === 'list' && trans.__('several, with commas between')
  ]
    .filter(Boolean)
    .join('; ');
  return (
    <Field
      label={<code>{option.name}</code>}
      help={help}
      problem={isShown ? messages[problem] : refused && asSentence(refused)}
    >
      {described => <OptionInput {...props} described={described} />}
    </Field>
  );
}

function OptionInput(props: {
  plan: PlanDraft;
  gate: GateDraft;
  option: IGateOption;
  described: IDescribed;
}): JSX.Element {
  const { plan, gate, option, described } = props;
  const trans = useTrans();
  const text = gate.textOf(option);
  const set = (text: string) => plan.setOption(gate, option, text);
  switch (option.input) {
    case 'checkbox':
      return (
        <input
          {...described}
          type="checkbox"
          name={option.name}
          checked={text === 'true'}
          onChange={event => set(String(event.target.checked))}
        />
      );
    case 'choice':
      return (
        <select
          {...described}
          className="jp-mod-styled"
          name={option.name}
          value={text}
          onChange={event => set(event.target.value)}
        >
          {option.initial === '' && <option value="">{trans.__('–')}</option>}
          {option.choices.map(choice => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      );
    case 'json':
      return (
        <textarea
          {...described}
          name={option.name}
          rows={2}
          spellCheck={false}
          value={text}
          onChange={event => set(event.target.value)}
        />
      );
    default:
      return (
        <input
          {...described}
          type="text"
          className="jp-mod-styled"
          name={option.name}
          autoComplete="off"
          spellCheck={false}
          inputMode={option.input === 'number' ? 'decimal' : undefined}
          placeholder={option.isRequired ? undefined : trans.__('not asked')}
          value={text}
          onChange={event => set(event.target.value)}
        />
      );
  }
}
