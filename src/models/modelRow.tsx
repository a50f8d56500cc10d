import { caretRightIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import type { ModelVersion, RegisteredModel } from '../api/types';
import { CommandIDs } from '../commands';
import { formatMetric } from '../format';
import { NamedValues } from '../panel/facts';
import { useTrans } from '../panel/hooks';
import { Ago } from '../panel/times';
import { Aliases, CodeWarning, Verdict } from './badges';

/** How many metrics of a version are shown. */
const KEY_METRICS = 3;

/** A registered model, which opens its page, with the versions that matter now. */
export function ModelRow(props: {
  item: RegisteredModel;
  commands: CommandRegistry;
}): JSX.Element {
  const { item, commands } = props;
  const trans = useTrans();
  const shown = item.versions.filter(isOfNote);
  const open = (version?: string) =>
    void commands.execute(CommandIDs.openModel, {
      name: item.name,
      ...(version && { version })
    });
  return (
    <>
      <button
        type="button"
        className="jp-Mlops-row"
        title={trans.__('Open the page of %1', item.name)}
        onClick={() => open()}
      >
        <span className="jp-Mlops-rowMain">
          <span className="jp-Mlops-rowTitle">
            <span className="jp-Mlops-rowName">{item.name}</span>
            <span className="jp-Mlops-count">
              {trans._n('%1 version', '%1 versions', item.versions.length)}
            </span>
          </span>
          {item.description && (
            <span className="jp-Mlops-rowFacts">{item.description}</span>
          )}
        </span>
        <caretRightIcon.react
          tag="span"
          className="jp-Mlops-rowIcon"
          aria-hidden
        />
      </button>
      <ul
        className="jp-Mlops-versions"
        aria-label={trans.__('Versions of %1', item.name)}
      >
        {shown.map(version => (
          <Version
            key={version.version}
            version={version}
            commands={commands}
            onOpen={() => open(version.version)}
          />
        ))}
      </ul>
    </>
  );
}

/** What holds an alias, and the newest; the others are on the model's page. */
function isOfNote(version: ModelVersion, index: number): boolean {
  return index === 0 || version.aliases.length > 0;
}

function Version(props: {
  version: ModelVersion;
  commands: CommandRegistry;
  onOpen: () => void;
}): JSX.Element {
  const { version, commands } = props;
  const trans = useTrans();
  const metrics = Object.fromEntries(
    Object.entries(version.metrics).slice(0, KEY_METRICS)
  );
  return (
    <li className="jp-Mlops-version">
      <span className="jp-Mlops-rowTitle">
        <button
          type="button"
          className="jp-Mlops-link jp-Mlops-rowName"
          onClick={props.onOpen}
        >
          {trans.__('Version %1', version.version)}
        </button>
        <Aliases of={version.aliases} />
        {version.can_run_code && <CodeWarning />}
      </span>
      <NamedValues values={metrics} format={formatMetric} />
      <span className="jp-Mlops-rowFacts">
        {version.gate && (
          <Verdict verdict={version.gate} of={trans.__('gates')} />
        )}
        {version.created_at && <Ago moment={version.created_at} />}
        {version.run_id && (
          <button
            type="button"
            className="jp-Mlops-link"
            onClick={() =>
              void commands.execute(CommandIDs.showRun, { run: version.run_id })
            }
          >
            {trans.__('Show its run')}
          </button>
        )}
        {version.notebook && (
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
        )}
      </span>
    </li>
  );
}
