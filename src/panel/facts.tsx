import { copyIcon } from '@jupyterlab/ui-components';
import { Clipboard } from '@jupyterlab/apputils';
import React from 'react';
import { formatValue } from '../format';
import { useTrans } from './hooks';
import { IconButton } from './iconButton';

/** Names and their values, one pair a line. */
export function Facts({
  children
}: {
  children: React.ReactNode;
}): JSX.Element {
  return <dl className="jp-Mlops-facts">{children}</dl>;
}

export function Fact(props: {
  name: string;
  children: React.ReactNode;
}): JSX.Element {
  return (
    <>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </>
  );
}

/** An id, shortened on screen, whole when copied. */
export function CopyableId(props: { id: string; what: string }): JSX.Element {
  const trans = useTrans();
  return (
    <span className="jp-Mlops-id">
      <code title={props.id}>{props.id.slice(0, 12)}</code>
      <IconButton
        icon={copyIcon}
        label={trans.__('Copy the %1', props.what)}
        onClick={() => Clipboard.copyToSystem(props.id)}
      />
    </span>
  );
}

/** Named values side by side, as parameters and metrics are shown. */
export function NamedValues(props: {
  values: Record<string, unknown>;
  format?: (value: any) => string;
}): JSX.Element {
  const format = props.format ?? formatValue;
  return (
    <ul className="jp-Mlops-values">
      {Object.entries(props.values).map(([name, value]) => (
        <li key={name}>
          <span className="jp-Mlops-valueName">{name}</span>{' '}
          <span className="jp-Mlops-value">{format(value)}</span>
        </li>
      ))}
    </ul>
  );
}
