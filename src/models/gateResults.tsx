import React from 'react';
import type { GateResult } from '../api/types';
import { formatDuration, formatValue } from '../format';
import { useTrans } from '../panel/hooks';
import { Verdict } from './badges';
import { kindInWords, stepInWords } from './words';

/** What each gate found, with its numbers, and what would pass. */
export function GateResults(props: {
  gates: readonly GateResult[];
}): JSX.Element | null {
  const trans = useTrans();
  if (props.gates.length === 0) {
    return null;
  }
  return (
    <ul className="jp-Mlops-gates" aria-label={trans.__('Gates')}>
      {props.gates.map((gate, index) => (
        <Gate key={index} gate={gate} />
      ))}
    </ul>
  );
}

function Gate({ gate }: { gate: GateResult }): JSX.Element {
  const trans = useTrans();
  const seen = Object.entries(gate.seen).filter(([, value]) => value !== null);
  return (
    <li className="jp-Mlops-gate" data-verdict={gate.verdict}>
      <span className="jp-Mlops-rowTitle">
        <strong>{kindInWords(gate.kind)}</strong>
        <Verdict verdict={gate.verdict} />
        <span className="jp-Mlops-count">
          {stepInWords(gate.before, trans)}
        </span>
      </span>
      <p>{gate.message}</p>
      {gate.would_pass && (
        <p className="jp-Mlops-wouldPass">
          <strong>{trans.__('What would pass:')}</strong> {gate.would_pass}
        </p>
      )}
      {seen.length > 0 && (
        <details>
          <summary>
            {trans.__('What it saw, in %1', formatDuration(gate.duration_s))}
          </summary>
          <dl className="jp-Mlops-facts">
            {seen.map(([name, value]) => (
              <React.Fragment key={name}>
                <dt>{name.replace(/_/g, ' ')}</dt>
                <dd className="jp-Mlops-value">{formatValue(value)}</dd>
              </React.Fragment>
            ))}
          </dl>
        </details>
      )}
    </li>
  );
}
