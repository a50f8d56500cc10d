import React from 'react';
import type { ModelPage } from '../api/types';
import { useTrans } from '../panel/hooks';

/** Which version is meant, its aliases beside its number. */
export function VersionChoice(props: {
  label: string;
  page: ModelPage;
  value: string | null;
  onChoose: (version: string) => void;
}): JSX.Element {
  const trans = useTrans();
  const { versions } = props.page;
  const isListed = versions.some(({ version }) => version === props.value);
  return (
    <label className="jp-Mlops-choice">
      <span>{props.label}</span>
      <select
        className="jp-mod-styled"
        value={props.value ?? ''}
        onChange={event => props.onChoose(event.target.value)}
      >
        {!isListed && props.value !== null && (
          <option value={props.value}>{props.value}</option>
        )}
        {versions.map(({ version, aliases }) => (
          <option key={version} value={version}>
            {aliases.length > 0
              ? trans.__('%1 (%2)', version, aliases.join(', '))
              : version}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The state of an answer that a part of the page waits for. */
export function Awaited(props: { isLoading: boolean }): JSX.Element | null {
  const trans = useTrans();
  return props.isLoading ? (
    <p className="jp-Mlops-waiting" role="status">
      {trans.__('Loading…')}
    </p>
  ) : null;
}
