import React from 'react';
import { useTrans } from '../panel/hooks';
import { Field } from '../runjob/field';
import { columnProblem, type IColumn } from './signature';

/** The input of one column, fit for its type. */
export function ColumnField(props: {
  column: IColumn;
  text: string;
  onText: (text: string) => void;
}): JSX.Element {
  const { column, text, onText } = props;
  const trans = useTrans();
  const problem = columnProblem(column, text);
  const messages = {
    missing: trans.__('The model needs it.'),
    'not-a-number': trans.__('Type a number.'),
    'not-whole': trans.__('Type a whole number.')
  };
  return (
    <Field
      label={
        <>
          <code>{column.name}</code>
          <span className="jp-Mlops-type">{column.type}</span>
        </>
      }
      problem={problem && messages[problem]}
    >
      {described =>
        column.type === 'boolean' ? (
          <input
            {...described}
            type="checkbox"
            checked={text === 'true'}
            onChange={event => onText(String(event.target.checked))}
          />
        ) : (
          <input
            {...described}
            type="text"
            className="jp-mod-styled"
            name={column.name}
            autoComplete="off"
            spellCheck={false}
            inputMode={column.type === 'string' ? undefined : 'decimal'}
            placeholder={column.isRequired ? undefined : trans.__('left out')}
            value={text}
            onChange={event => onText(event.target.value)}
          />
        )
      }
    </Field>
  );
}
