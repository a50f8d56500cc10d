import React from 'react';
import type { ModelPage, Registration } from '../api/types';
import { CommandIDs } from '../commands';
import { GateResults } from '../models/gateResults';
import { registrationInWords } from '../models/words';
import { useTrans } from '../panel/hooks';
import { Ago } from '../panel/times';
import type { IPageProps } from './pageProps';

/** What never became a version, newest first: refused by a gate, failed, or on its way. */
export function RefusedView(
  props: IPageProps & { page: ModelPage }
): JSX.Element | null {
  const { page, commands } = props;
  const trans = useTrans();
  const unversioned = page.registrations.filter(
    ({ version }) => version === null
  );
  if (unversioned.length === 0) {
    return null;
  }
  return (
    <section aria-label={trans.__('Without a version')}>
      <h2>{trans.__('Without a version')}</h2>
      <ul className="jp-Mlops-plainList">
        {unversioned.map(registration => (
          <li key={registration.id}>
            <Unversioned
              registration={registration}
              onShowRun={run =>
                void commands.execute(CommandIDs.showRun, { run })
              }
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Unversioned(props: {
  registration: Registration;
  onShowRun: (run: string) => void;
}): JSX.Element {
  const { registration } = props;
  const trans = useTrans();
  const { run_id } = registration;
  return (
    <details className="jp-Mlops-refused">
      <summary>
        <span
          className="jp-Mlops-registrationState"
          data-state={registration.state}
        >
          {registrationInWords(registration, trans)}
        </span>
        {registration.notebook && <span>{registration.notebook}</span>}
        <Ago moment={registration.created_at} />
      </summary>
      {registration.message && <p>{registration.message}</p>}
      <GateResults gates={registration.gates} />
      {run_id && (
        <button
          type="button"
          className="jp-Mlops-link"
          onClick={() => props.onShowRun(run_id)}
        >
          {trans.__('Show its run')}
        </button>
      )}
    </details>
  );
}
