import React from 'react';
import type { GateResult } from '../api/types';
import { failedIcon, queuedIcon, succeededIcon, warningIcon } from '../icons';
import { useTrans } from '../panel/hooks';
import { verdictInWords } from './words';

const ICONS = {
  passed: succeededIcon,
  refused: failedIcon,
  waiting: queuedIcon
};

/** How gates ended: an icon, and the word beside it. */
export function Verdict(props: {
  verdict: GateResult['verdict'];
  /** What has ended so, where it is not said beside it. */
  of?: string;
}): JSX.Element {
  const { verdict, of } = props;
  const trans = useTrans();
  const Icon = ICONS[verdict];
  return (
    <span className="jp-Mlops-verdict" data-verdict={verdict}>
      <Icon.react tag="span" aria-hidden />
      {of ? `${of} ` : ''}
      {verdictInWords(verdict, trans)}
    </span>
  );
}

/** The aliases that a version holds. */
export function Aliases({ of }: { of: readonly string[] }): JSX.Element {
  const trans = useTrans();
  return (
    <>
      {of.map(alias => (
        <span
          key={alias}
          className="jp-Mlops-badge jp-Mlops-alias"
          data-alias={alias}
          title={trans.__('alias')}
        >
          {alias}
        </span>
      ))}
    </>
  );
}

/** That a version's format can run code when it is loaded. */
export function CodeWarning(props: { isWordy?: boolean }): JSX.Element {
  const trans = useTrans();
  const text = trans.__(
    'This model is stored as a pickle, which can run code when it is loaded. Load it only if you trust its origin.'
  );
  return props.isWordy ? (
    <span className="jp-Mlops-canRunCode" title={text}>
      <warningIcon.react tag="span" aria-hidden />
      {trans.__('can run code')}
    </span>
  ) : (
    <span
      className="jp-Mlops-warning"
      role="img"
      aria-label={text}
      title={text}
    >
      <warningIcon.react tag="span" />
    </span>
  );
}
