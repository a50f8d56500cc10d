import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import type { ModelVersion, RegisteredModel } from '../api/types';
import { CommandIDs } from '../commands';
import { formatMetric } from '../format';
import { warningIcon } from '../icons';
import { NamedValues } from '../panel/facts';
import { useTrans } from '../panel/hooks';
import { Ago } from '../panel/times';
import type { ModelsModel } from './model';

/** How many metrics of a version are shown. */
const KEY_METRICS = 3;

/** A registered model with its versions, newest first. */
export function ModelRow(props: {
  item: RegisteredModel;
  model: ModelsModel;
  commands: CommandRegistry;
}): JSX.Element {
  const { item, model } = props;
  const trans = useTrans();
  const isFolded = model.isFolded(item.name);
  const Caret = isFolded ? caretRightIcon : caretDownIcon;
  const listId = React.useId();
  return (
    <>
      <button
        type="button"
        className="jp-Mlops-row"
        aria-expanded={!isFolded}
        aria-controls={listId}
        onClick={() => model.toggle(item.name)}
      >
        <Caret.react tag="span" className="jp-Mlops-rowIcon" aria-hidden />
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
      </button>
      {!isFolded && (
        <ul
          id={listId}
          className="jp-Mlops-versions"
          aria-label={trans.__('Versions of %1', item.name)}
        >
          {item.versions.map(version => (
            <Version
              key={version.version}
              version={version}
              commands={props.commands}
            />
          ))}
        </ul>
      )}
    </>
  );
}

function Version(props: {
  version: ModelVersion;
  commands: CommandRegistry;
}): JSX.Element {
  const { version, commands } = props;
  const trans = useTrans();
  const metrics = Object.fromEntries(
    Object.entries(version.metrics).slice(0, KEY_METRICS)
  );
  return (
    <li className="jp-Mlops-version">
      <span className="jp-Mlops-rowTitle">
        <span className="jp-Mlops-rowName">
          {trans.__('Version %1', version.version)}
        </span>
        {version.aliases.map(alias => (
          <span
            key={alias}
            className="jp-Mlops-badge"
            title={trans.__('alias')}
          >
            {alias}
          </span>
        ))}
        {version.can_run_code && <PickleWarning />}
      </span>
      <NamedValues values={metrics} format={formatMetric} />
      <span className="jp-Mlops-rowFacts">
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

function PickleWarning(): JSX.Element {
  const trans = useTrans();
  const text = trans.__(
    'This model is stored as a pickle, which can run code when it is loaded. Load it only if you trust its origin.'
  );
  return (
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
