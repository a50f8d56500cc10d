import React from 'react';
import type { Finding } from '../api/types';
import { useTrans } from '../panel/hooks';
import { Notice } from '../panel/notice';

/** What a run would, or may, fail by; nothing where nothing was found. */
export function Findings({
  findings
}: {
  findings: readonly Finding[];
}): JSX.Element | null {
  const trans = useTrans();
  if (findings.length === 0) {
    return null;
  }
  const isCertain = findings.some(({ certain }) => certain);
  return (
    <Notice
      tone={isCertain ? 'error' : 'warning'}
      title={
        isCertain
          ? trans.__('This run is sure to fail')
          : trans.__('This run may fail')
      }
    >
      <ul className="jp-Mlops-findings">
        {findings.map((finding, index) => (
          <li key={index}>
            {finding.message}
            {finding.hint && (
              <span className="jp-Mlops-fieldHelp"> {finding.hint}</span>
            )}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
