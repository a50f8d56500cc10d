import React from 'react';

/** A row with small buttons at its right, for `room` of which its title leaves space. */
export function RowLine(props: {
  room: number;
  actions: React.ReactNode;
  /** What stands before the row. */
  lead?: React.ReactNode;
  children: React.ReactNode;
}): JSX.Element {
  const style = { '--jp-mlops-actions': props.room } as React.CSSProperties;
  return (
    <div className="jp-Mlops-rowLine" style={style}>
      {props.lead}
      {props.children}
      <span className="jp-Mlops-rowActions">{props.actions}</span>
    </div>
  );
}
