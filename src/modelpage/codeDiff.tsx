import React from 'react';
import { useTrans } from '../panel/hooks';

type Kind = 'added' | 'removed' | 'hunk' | 'file' | 'same';

/** A unified diff, its lines told apart by more than colour. */
export function CodeDiff({ diff }: { diff: string }): JSX.Element {
  const trans = useTrans();
  return (
    <pre
      className="jp-Mlops-diff"
      tabIndex={0}
      aria-label={trans.__('Differences of the code cells')}
    >
      {diff
        .replace(/\n$/, '')
        .split('\n')
        .map((line, index) => (
          <span
            key={index}
            className="jp-Mlops-diffLine"
            data-kind={kindOf(line)}
          >
            {line}
            {'\n'}
          </span>
        ))}
    </pre>
  );
}

/** What a line of a unified diff says. */
export function kindOf(line: string): Kind {
  if (/^(---|\+\+\+) /.test(line)) {
    return 'file';
  }
  switch (line[0]) {
    case '+':
      return 'added';
    case '-':
      return 'removed';
    case '@':
      return 'hunk';
    default:
      return 'same';
  }
}
