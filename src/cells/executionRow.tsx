import React from 'react';
import type { Execution, StateReason } from '../api/types';
import { firstLine, formatBytes, formatDuration } from '../format';
import { staleSentences, staleWords } from '../honesty/words';
import { staleIcon } from '../icons';
import { useTrans } from '../panel/hooks';
import { StateIcon } from '../panel/stateIcon';
import { Ago } from '../panel/times';

/** One cell execution; activating it shows its cell. */
export function ExecutionRow(props: {
  execution: Execution;
  /** Why what it shows may no longer be true, if it is its cell's last and that is stale. */
  stale: readonly StateReason[] | null;
  onShow: (execution: Execution) => void;
}): JSX.Element {
  const { execution } = props;
  const trans = useTrans();
  const line = firstLine(execution.source);
  return (
    <button
      type="button"
      className="jp-Mlops-row"
      title={trans.__('Show this cell')}
      onClick={() => props.onShow(execution)}
    >
      <StateIcon state={execution.status} />
      <span className="jp-Mlops-rowMain">
        <span className="jp-Mlops-rowTitle">
          <code className="jp-Mlops-source">
            {line || trans.__('(empty cell)')}
          </code>
          <span className="jp-Mlops-count">
            [{execution.execution_count ?? ' '}]
          </span>
        </span>
        <span className="jp-Mlops-rowFacts">
          {execution.duration_s !== null && (
            <span>{formatDuration(execution.duration_s)}</span>
          )}
          <Ago moment={execution.started_at} />
          {execution.run_id && <span>{trans.__('in a job run')}</span>}
          {execution.after_run_id && (
            <span>{trans.__('by hand, after a run that failed')}</span>
          )}
          <Outputs execution={execution} />
        </span>
        {execution.error_name && (
          <span className="jp-Mlops-error">
            {execution.error_name}
            {execution.error_message &&
              `: ${firstLine(execution.error_message)}`}
          </span>
        )}
        {props.stale && <Stale reasons={props.stale} />}
      </span>
    </button>
  );
}

function Stale(props: { reasons: readonly StateReason[] }): JSX.Element {
  const trans = useTrans();
  return (
    <span
      className="jp-Mlops-stale"
      title={staleSentences(props.reasons, trans).join('\n')}
    >
      <staleIcon.react tag="span" aria-hidden />
      {trans.__('Stale: %1', staleWords(props.reasons, trans))}
    </span>
  );
}

/** Outputs by type and size, the sizes of one type added up. */
function Outputs({ execution }: { execution: Execution }): JSX.Element {
  const bytesByType = new Map<string, number>();
  const add = (type: string, bytes: number) => {
    if (bytes > 0) {
      bytesByType.set(type, (bytesByType.get(type) ?? 0) + bytes);
    }
  };
  add('stdout', execution.stdout_bytes);
  add('stderr', execution.stderr_bytes);
  for (const { mime, bytes } of execution.outputs) {
    add(mime, bytes);
  }
  return (
    <>
      {[...bytesByType].map(([type, bytes]) => (
        <span key={type} className="jp-Mlops-output">
          {type} {formatBytes(bytes)}
        </span>
      ))}
    </>
  );
}
