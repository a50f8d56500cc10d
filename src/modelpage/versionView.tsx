import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import type { ModelPage, ModelVersionPage, Registration } from '../api/types';
import { CommandIDs } from '../commands';
import {
  formatBytes,
  formatMetric,
  formatMoment,
  formatValue
} from '../format';
import { Aliases, CodeWarning } from '../models/badges';
import { GateResults } from '../models/gateResults';
import { registrationInWords } from '../models/words';
import { CopyableId, Fact, Facts, NamedValues } from '../panel/facts';
import { useTrans } from '../panel/hooks';
import { EmptyState, Notice, ProblemNotice } from '../panel/notice';
import { Awaited } from './versionChoice';
import { RefusedView } from './refusedView';
import type { IPageProps } from './pageProps';

/** One version: how its gates ended, who approved it, and all that is known of it. */
export function VersionView(
  props: IPageProps & { page: ModelPage }
): JSX.Element {
  const { model, commands } = props;
  const { value, problem, isLoading } = model.detail;
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      {!value && <Awaited isLoading={isLoading} />}
      {value && <Version version={value} commands={commands} />}
      <RefusedView {...props} />
    </>
  );
}

function Version(props: {
  version: ModelVersionPage;
  commands: CommandRegistry;
}): JSX.Element {
  const { version } = props;
  const trans = useTrans();
  return (
    <>
      {version.checksum_problem && (
        <Notice
          tone="error"
          title={trans.__('Its files are not what was registered')}
        >
          <p>{version.checksum_problem}</p>
        </Notice>
      )}
      <section aria-label={trans.__('Gates')}>
        <h2>{trans.__('Gates')}</h2>
        {version.registration ? (
          <RegistrationView
            registration={version.registration}
            aliases={version.aliases}
          />
        ) : (
          <EmptyState title={trans.__('No gate has judged this version')}>
            <p>
              {trans.__(
                'It was registered elsewhere, or without gates. Choose “Register…” at a run, or “Register model as” in “Run as job…”, to have the next one judged.'
              )}
            </p>
          </EmptyState>
        )}
      </section>
      <section aria-label={trans.__('Facts')}>
        <h2>{trans.__('Facts')}</h2>
        <VersionFacts {...props} />
      </section>
    </>
  );
}

/** How a registration ended, by which gates, and by whose word. */
export function RegistrationView(props: {
  registration: Registration;
  /** What its version holds now. */
  aliases: readonly string[];
}): JSX.Element {
  const { registration, aliases } = props;
  const trans = useTrans();
  const { state, plan, decision, decided_by, decided_at, comment } =
    registration;
  const hasLost = plan.alias && !aliases.includes(plan.alias);
  return (
    <>
      <p className="jp-Mlops-registrationState" data-state={state}>
        {registration.message ?? registrationInWords(registration, trans)}
        {registration.ended_at && (
          <span className="jp-Mlops-when">
            {formatMoment(registration.ended_at)}
          </span>
        )}
      </p>
      {state === 'promoted' && hasLost && (
        <p className="jp-Mlops-registrationState">
          {trans.__('The alias %1 has moved since.', plan.alias)}
        </p>
      )}
      <GateResults gates={registration.gates} />
      {decision && (
        <p className="jp-Mlops-decision">
          {decision === 'approved'
            ? trans.__('Approved by %1', decided_by ?? trans.__('somebody'))
            : trans.__('Rejected by %1', decided_by ?? trans.__('somebody'))}
          {decided_at && ` · ${formatMoment(decided_at)}`}
          {comment && <q>{comment}</q>}
        </p>
      )}
    </>
  );
}

function VersionFacts(props: {
  version: ModelVersionPage;
  commands: CommandRegistry;
}): JSX.Element {
  const { version, commands } = props;
  const trans = useTrans();
  const has = (values: object) => Object.keys(values).length > 0;
  return (
    <Facts>
      {version.aliases.length > 0 && (
        <Fact name={trans.__('Aliases')}>
          <span className="jp-Mlops-badges">
            <Aliases of={version.aliases} />
          </span>
        </Fact>
      )}
      {version.description && (
        <Fact name={trans.__('Description')}>{version.description}</Fact>
      )}
      {has(version.metrics) && (
        <Fact name={trans.__('Metrics')}>
          <NamedValues values={version.metrics} format={formatMetric} />
        </Fact>
      )}
      {has(version.params) && (
        <Fact name={trans.__('Parameters')}>
          <NamedValues values={version.params} />
        </Fact>
      )}
      {version.created_at && (
        <Fact name={trans.__('Made')}>{formatMoment(version.created_at)}</Fact>
      )}
      <Fact name={trans.__('Format')}>
        {[version.flavors.join(', '), version.serialization]
          .filter(Boolean)
          .join(' · ')}{' '}
        {version.size_bytes !== null && `(${formatBytes(version.size_bytes)})`}{' '}
        {version.can_run_code && <CodeWarning isWordy />}
      </Fact>
      <Origins version={version} commands={commands} />
      {version.data.length > 0 && (
        <Fact name={trans.__('Data')}>
          <ul className="jp-Mlops-plainList">
            {version.data.map((data, index) => (
              <li key={index}>
                <DataLine data={data} />
              </li>
            ))}
          </ul>
        </Fact>
      )}
      {version.requirements.length > 0 && (
        <Fact name={trans.__('Environment')}>
          <details>
            <summary>
              {trans._n(
                '%1 package',
                '%1 packages',
                version.requirements.length
              )}
            </summary>
            <pre>{version.requirements.join('\n')}</pre>
          </details>
        </Fact>
      )}
      {has(version.checksums) && (
        <Fact name={trans.__('Files')}>
          <details>
            <summary>
              {trans._n(
                '%1 file, with its checksum',
                '%1 files, with their checksums',
                Object.keys(version.checksums).length
              )}
            </summary>
            <pre>
              {Object.entries(version.checksums)
                .map(([path, sha]) => `${sha.slice(0, 12)}  ${path}`)
                .join('\n')}
            </pre>
          </details>
        </Fact>
      )}
    </Facts>
  );
}

function Origins(props: {
  version: ModelVersionPage;
  commands: CommandRegistry;
}): JSX.Element {
  const { version, commands } = props;
  const trans = useTrans();
  return (
    <>
      {version.notebook && (
        <Fact name={trans.__('Notebook')}>
          <button
            type="button"
            className="jp-Mlops-link"
            onClick={() =>
              void commands.execute(CommandIDs.openNotebook, {
                path: version.notebook
              })
            }
          >
            {version.notebook}
          </button>
        </Fact>
      )}
      {version.run_id && (
        <Fact name={trans.__('Job run')}>
          <button
            type="button"
            className="jp-Mlops-link"
            onClick={() =>
              void commands.execute(CommandIDs.showRun, { run: version.run_id })
            }
          >
            {trans.__('Show its run')}
          </button>
        </Fact>
      )}
      {version.mlflow_run_id && (
        <Fact name={trans.__('MLflow run')}>
          <CopyableId
            id={version.mlflow_run_id}
            what={trans.__('MLflow run id')}
          />
        </Fact>
      )}
      {version.snapshot_sha && (
        <Fact name={trans.__('Snapshot')}>
          <CopyableId
            id={version.snapshot_sha}
            what={trans.__('snapshot’s hash')}
          />
        </Fact>
      )}
      {version.commit && (
        <Fact name={trans.__('Commit')}>
          <CopyableId id={version.commit} what={trans.__('commit’s hash')} />
        </Fact>
      )}
    </>
  );
}

/** One input in a line: its name, what it was for, and the beginning of its digest. */
function DataLine({ data }: { data: Record<string, unknown> }): JSX.Element {
  const { name, kind, context, digest } = data;
  const what = [kind, context].filter(Boolean).join(', ');
  const whole = Object.entries(data)
    .filter(([, value]) => value !== null && value !== '')
    .map(([key, value]) => `${key}: ${formatValue(value)}`)
    .join('\n');
  return (
    <span className="jp-Mlops-badges" title={whole}>
      <span className="jp-Mlops-dataName">{String(name ?? '–')}</span>
      {what !== '' && <span className="jp-Mlops-count">{what}</span>}
      {typeof digest === 'string' && <code>{digest.slice(0, 12)}</code>}
    </span>
  );
}
