import React from 'react';
import { asSentence } from '../api/problem';
import type { Parameter } from '../api/types';
import { useTrans } from '../panel/hooks';
import { Field, type IDescribed } from './field';
import type { JobForm } from './jobForm';
import {
  boundsInWords,
  choicesOf,
  defaultInWords,
  inputKind,
  type InvalidReason
} from './parameters';

/** The input of one parameter, fit for its type, with its default as the placeholder. */
export function ParameterField(props: {
  form: JobForm;
  parameter: Parameter;
}): JSX.Element {
  const { form, parameter } = props;
  const trans = useTrans();
  const messages = useInvalidMessages(parameter);
  const invalid = form.invalidReason(parameter);
  const refused = form.problemOfParameter(parameter);
  const isChanged = form.isChanged(parameter);
  const label = (
    <>
      <code>{parameter.name}</code>
      <span className="jp-Mlops-type">{parameter.type}</span>
      {isChanged && (
        <span className="jp-Mlops-badge">{trans.__('changed')}</span>
      )}
    </>
  );
  const help = [
    parameter.help,
    boundsInWords(parameter),
    (isChanged || parameter.expression !== null) &&
      trans.__('default: %1', defaultInWords(parameter))
  ]
    .filter(Boolean)
    .join(' · ');
  return (
    <Field
      label={label}
      help={help}
      problem={
        (invalid && messages[invalid]) ?? (refused && asSentence(refused))
      }
    >
      {described => (
        <ParameterInput
          described={described}
          parameter={parameter}
          text={form.textOf(parameter)}
          onText={text => form.setText(parameter, text)}
        />
      )}
    </Field>
  );
}

function ParameterInput(props: {
  described: IDescribed;
  parameter: Parameter;
  text: string;
  onText: (text: string) => void;
}): JSX.Element {
  const { described, parameter, text, onText } = props;
  const shared = {
    ...described,
    className: 'jp-mod-styled',
    placeholder: parameter.default === '' ? '' : defaultInWords(parameter),
    value: text,
    onChange: (
      event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>
    ) => onText(event.target.value)
  };
  const kind = inputKind(parameter);
  switch (kind) {
    case 'checkbox':
      return (
        <input
          {...described}
          type="checkbox"
          checked={text === 'true'}
          onChange={event => onText(String(event.target.checked))}
        />
      );
    case 'choice':
      return <ChoiceInput {...props} />;
    case 'lines':
    case 'json':
      return <textarea {...shared} rows={kind === 'json' ? 2 : 3} />;
    default:
      return (
        <input
          {...shared}
          type="text"
          autoComplete="off"
          spellCheck={false}
          inputMode={kind === 'text' ? undefined : 'decimal'}
        />
      );
  }
}

function ChoiceInput(props: {
  described: IDescribed;
  parameter: Parameter;
  text: string;
  onText: (text: string) => void;
}): JSX.Element {
  const { described, parameter, text, onText } = props;
  const trans = useTrans();
  return (
    <select
      {...described}
      className="jp-mod-styled"
      value={text}
      onChange={event => onText(event.target.value)}
    >
      {(text === '' || parameter.expression !== null) && (
        <option value="">
          {trans.__('Default: %1', defaultInWords(parameter))}
        </option>
      )}
      {choicesOf(parameter).map((choice, index) => (
        <option key={index} value={index}>
          {typeof choice === 'string'
            ? choice
            : defaultInWords({
                ...parameter,
                default: choice,
                expression: null
              })}
        </option>
      ))}
    </select>
  );
}

/** Why a text cannot be a value of the parameter, in words. */
export function useInvalidMessages(
  parameter: Parameter
): Record<InvalidReason, string> {
  const trans = useTrans();
  return {
    'not-an-integer': trans.__('Type a whole number, such as 7.'),
    'too-large-to-be-exact': trans.__(
      'This number has more digits than a browser can hold exactly.'
    ),
    'not-a-number': trans.__('Type a number, such as 0.25 or 1e-3.'),
    'not-json': trans.__('Type JSON, such as ["a", 1] or {"key": true}.'),
    'not-a-list': trans.__('Type a JSON list, such as ["a", "b"].'),
    'out-of-bounds': trans.__(
      'It must be %1.',
      boundsInWords(parameter) ?? parameter.type
    ),
    'not-a-dict': trans.__('Type a JSON object, such as {"key": 1}.')
  };
}
