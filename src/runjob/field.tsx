import React from 'react';

/** What an input needs so that its help and its problem are read out with it. */
export interface IDescribed {
  id: string;
  'aria-describedby': string;
  'aria-invalid': boolean;
}

/** A labelled input with help under it, and what is wrong with it. */
export function Field(props: {
  label: React.ReactNode;
  help?: React.ReactNode;
  problem?: React.ReactNode;
  children: (described: IDescribed) => React.ReactNode;
}): JSX.Element {
  const id = React.useId();
  const noteId = `${id}-note`;
  return (
    <div className="jp-Mlops-field" data-invalid={Boolean(props.problem)}>
      <label htmlFor={id}>{props.label}</label>
      {props.children({
        id,
        'aria-describedby': noteId,
        'aria-invalid': Boolean(props.problem)
      })}
      <div id={noteId} className="jp-Mlops-fieldNotes">
        {props.problem && (
          <p className="jp-Mlops-fieldProblem" role="alert">
            {props.problem}
          </p>
        )}
        {props.help && <p className="jp-Mlops-fieldHelp">{props.help}</p>}
      </div>
    </div>
  );
}
