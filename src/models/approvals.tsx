import React from 'react';
import { asProblem } from '../api/problem';
import type { Problem, Registration } from '../api/types';
import { useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import { ProblemNotice } from '../panel/notice';
import { Ago } from '../panel/times';
import { Verdict } from './badges';

type Decide = (
  registration: Registration,
  approve: boolean,
  comment: string | null
) => Promise<void>;

/** The versions that wait for a person, each with what its gates found, to be approved or rejected. */
export function Approvals(props: {
  waiting: readonly Registration[];
  /** Which heading is next where they stand. */
  heading: 'h2' | 'h3';
  decide: Decide;
  /** Open the page of the version that waits; left out where one is on it. */
  onOpen?: (registration: Registration) => void;
}): JSX.Element | null {
  const trans = useTrans();
  const Heading = props.heading;
  if (props.waiting.length === 0) {
    return null;
  }
  return (
    <section
      className="jp-Mlops-approvals"
      aria-label={trans.__('Waiting for approval')}
    >
      <Heading>{trans.__('Waiting for approval')}</Heading>
      <ul>
        {props.waiting.map(registration => (
          <li key={registration.id}>
            <Approval {...props} registration={registration} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Approval(props: {
  registration: Registration;
  decide: Decide;
  onOpen?: (registration: Registration) => void;
}): JSX.Element {
  const { registration, onOpen } = props;
  const trans = useTrans();
  const [comment, setComment] = React.useState('');
  const [isBusy, setIsBusy] = React.useState(false);
  const [problem, setProblem] = React.useState<Problem | null>(null);
  const name = trans.__(
    '%1, version %2',
    registration.model,
    registration.version ?? '?'
  );

  const decide = async (approve: boolean) => {
    setIsBusy(true);
    setProblem(null);
    try {
      await props.decide(registration, approve, comment.trim() || null);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setIsBusy(false);
    }
  };

  return (
    <div className="jp-Mlops-approval" role="group" aria-label={name}>
      <span className="jp-Mlops-rowTitle">
        {onOpen ? (
          <button
            type="button"
            className="jp-Mlops-link"
            onClick={() => onOpen(registration)}
          >
            {name}
          </button>
        ) : (
          <strong>{name}</strong>
        )}
        {registration.plan.alias && (
          <span className="jp-Mlops-count">
            {trans.__('for %1', registration.plan.alias)}
          </span>
        )}
      </span>
      <span className="jp-Mlops-rowFacts">
        {registration.requested_by && (
          <span>{trans.__('asked by %1', registration.requested_by)}</span>
        )}
        <Ago moment={registration.created_at} />
        <GateCounts registration={registration} />
      </span>
      <input
        type="text"
        className="jp-mod-styled"
        aria-label={trans.__('Comment on %1', name)}
        placeholder={trans.__('Comment (optional)')}
        maxLength={2000}
        value={comment}
        onChange={event => setComment(event.target.value)}
      />
      <div className="jp-Mlops-actions">
        <TextButton
          label={trans.__('Approve')}
          disabled={isBusy}
          onClick={() => void decide(true)}
        />
        <TextButton
          label={trans.__('Reject')}
          disabled={isBusy}
          onClick={() => void decide(false)}
        />
      </div>
      {problem && <ProblemNotice problem={problem} />}
    </div>
  );
}

/** How many of the gates passed, so that one need not open them all. */
function GateCounts(props: { registration: Registration }): JSX.Element | null {
  const trans = useTrans();
  const judged = props.registration.gates.filter(
    ({ verdict }) => verdict !== 'waiting'
  );
  const passed = judged.filter(({ verdict }) => verdict === 'passed');
  if (judged.length === 0) {
    return null;
  }
  return passed.length === judged.length ? (
    <Verdict
      verdict="passed"
      of={trans._n('%1 gate', '%1 gates', judged.length)}
    />
  ) : (
    <span>
      {trans.__('%1 of %2 gates passed', passed.length, judged.length)}
    </span>
  );
}
