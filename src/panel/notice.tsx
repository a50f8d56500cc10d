import { errorIcon, infoIcon, type LabIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { warningIcon } from '../icons';
import type { Problem } from '../api/types';
import { useTrans } from './hooks';

type Tone = 'info' | 'warning' | 'error';

const ICONS: Record<Tone, LabIcon> = {
  info: infoIcon,
  warning: warningIcon,
  error: errorIcon
};

/** A message that stays where it concerns; errors are read out at once. */
export function Notice(props: {
  tone: Tone;
  title?: string;
  children: React.ReactNode;
}): JSX.Element {
  const Icon = ICONS[props.tone];
  return (
    <div
      className={`jp-Mlops-notice jp-mod-${props.tone}`}
      role={props.tone === 'error' ? 'alert' : 'status'}
    >
      <Icon.react tag="span" className="jp-Mlops-noticeIcon" aria-hidden />
      <div className="jp-Mlops-noticeText">
        {props.title && <strong>{props.title}</strong>}
        {props.children}
      </div>
    </div>
  );
}

export function ProblemNotice({ problem }: { problem: Problem }): JSX.Element {
  return (
    <Notice tone="error">
      <p>{problem.message}</p>
      {problem.hint && <p>{problem.hint}</p>}
    </Notice>
  );
}

/** What to read where there is nothing yet: what would be here, and how to get it. */
export function EmptyState(props: {
  title: string;
  children?: React.ReactNode;
}): JSX.Element {
  return (
    <div className="jp-Mlops-empty">
      <p className="jp-Mlops-emptyTitle">{props.title}</p>
      {props.children}
    </div>
  );
}

/** What stands in for the rows of a list that was searched in vain. */
export function NothingFound(): JSX.Element {
  return <EmptyState title={useTrans().__('Nothing found')} />;
}

/** A line to copy into a cell or a terminal; one click selects it all. */
export function Snippet({ code }: { code: string }): JSX.Element {
  return <code className="jp-Mlops-snippet">{code}</code>;
}
