import type { LabIcon } from '@jupyterlab/ui-components';
import React from 'react';

/** A small button that shows an icon only; its label is read out and shown as a tooltip. */
export function IconButton(props: {
  icon: LabIcon;
  label: string;
  onClick: () => void;
  disabled?: boolean;
}): JSX.Element {
  const Icon = props.icon;
  return (
    <button
      type="button"
      className="jp-Mlops-iconButton"
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon.react tag="span" aria-hidden />
    </button>
  );
}

/** A button with words, for the actions of an unfolded row. */
export function TextButton(props: {
  label: string;
  onClick: () => void;
  icon?: LabIcon;
  disabled?: boolean;
  title?: string;
}): JSX.Element {
  const Icon = props.icon;
  return (
    <button
      type="button"
      className="jp-Mlops-textButton"
      disabled={props.disabled}
      title={props.title}
      onClick={props.onClick}
    >
      {Icon && <Icon.react tag="span" aria-hidden />}
      {props.label}
    </button>
  );
}
