import { PathExt } from '@jupyterlab/coreutils';
import React from 'react';
import type { ModelPage, ModelVersion } from '../api/types';
import { CommandIDs } from '../commands';
import { formatMetric } from '../format';
import { Aliases, CodeWarning, Verdict } from '../models/badges';
import { useTrans } from '../panel/hooks';
import { EmptyState } from '../panel/notice';
import { Ago } from '../panel/times';
import { MetricsCharts } from './metricsCharts';
import { metricNames } from './metrics';
import { TableFrame } from './tableFrame';
import type { IPageProps } from './pageProps';

/** How many metrics have a column; all have a chart. */
const COLUMNS = 4;

/** The versions of a model: their metrics as charts, and all that tells them apart as a table. */
export function VersionsView(
  props: IPageProps & { page: ModelPage }
): JSX.Element {
  const { page, model } = props;
  const trans = useTrans();
  if (page.versions.length === 0) {
    return (
      <EmptyState title={trans.__('No version yet')}>
        <p>
          {trans.__(
            'A version is made when a run’s model passes the gates that hold back its registration. What was refused is under “Gates and facts” of the run that made it.'
          )}
        </p>
      </EmptyState>
    );
  }
  return (
    <>
      <MetricsCharts
        versions={page.versions}
        onSelect={version => model.select(version, 'version')}
      />
      <VersionsTable {...props} />
    </>
  );
}

function VersionsTable(props: IPageProps & { page: ModelPage }): JSX.Element {
  const { page } = props;
  const trans = useTrans();
  const metrics = metricNames(page.versions).slice(0, COLUMNS);
  return (
    <TableFrame label={trans.__('Versions')}>
      <caption>{trans.__('Versions, newest first')}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('Version')}</th>
          <th scope="col">{trans.__('Aliases')}</th>
          <th scope="col">{trans.__('Gates')}</th>
          {metrics.map(name => (
            <th key={name} scope="col" className="jp-mod-number">
              {name}
            </th>
          ))}
          <th scope="col">{trans.__('Made')}</th>
          <th scope="col">{trans.__('From')}</th>
        </tr>
      </thead>
      <tbody>
        {page.versions.map(version => (
          <VersionRow
            key={version.version}
            {...props}
            version={version}
            metrics={metrics}
          />
        ))}
      </tbody>
    </TableFrame>
  );
}

function VersionRow(
  props: IPageProps & { version: ModelVersion; metrics: readonly string[] }
): JSX.Element {
  const { version, model, commands } = props;
  const trans = useTrans();
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          className="jp-Mlops-link"
          aria-label={trans.__('Version %1', version.version)}
          onClick={() => model.select(version.version, 'version')}
        >
          {version.version}
        </button>
      </th>
      <td>
        <span className="jp-Mlops-badges">
          <Aliases of={version.aliases} />
        </span>
      </td>
      <td>{version.gate && <Verdict verdict={version.gate} />}</td>
      {props.metrics.map(name => (
        <td key={name} className="jp-mod-number">
          {name in version.metrics ? formatMetric(version.metrics[name]) : '–'}
        </td>
      ))}
      <td>{version.created_at && <Ago moment={version.created_at} />}</td>
      <td>
        <span className="jp-Mlops-badges">
          {version.notebook && (
            <button
              type="button"
              className="jp-Mlops-link"
              title={version.notebook}
              onClick={() =>
                void commands.execute(CommandIDs.openNotebook, {
                  path: version.notebook
                })
              }
            >
              {PathExt.basename(version.notebook)}
            </button>
          )}
          {version.can_run_code && <CodeWarning isWordy />}
        </span>
      </td>
    </tr>
  );
}
