import React from 'react';
import type { Difference, ModelPage, VersionComparison } from '../api/types';
import { formatMetric, formatValue } from '../format';
import { useTrans } from '../panel/hooks';
import { EmptyState, ProblemNotice } from '../panel/notice';
import { CodeDiff } from './codeDiff';
import { TableFrame } from './tableFrame';
import { Awaited, VersionChoice } from './versionChoice';
import type { IPageProps } from './pageProps';

/** Two versions side by side: what differs in parameters, metrics, data, environment and code. */
export function ComparisonView(
  props: IPageProps & { page: ModelPage }
): JSX.Element {
  const { model, page } = props;
  const trans = useTrans();
  const { pair } = model;
  if (pair === null) {
    return (
      <EmptyState title={trans.__('There is one version only')}>
        <p>{trans.__('With the second, the two can be compared here.')}</p>
      </EmptyState>
    );
  }
  const [a, b] = pair;
  const { value, problem, isLoading } = model.comparison;
  return (
    <>
      <div className="jp-Mlops-pair">
        <VersionChoice
          label={trans.__('Compare version')}
          page={page}
          value={a}
          onChoose={version => (model.pair = [version, b])}
        />
        <VersionChoice
          label={trans.__('with version')}
          page={page}
          value={b}
          onChoose={version => (model.pair = [a, version])}
        />
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {!value && <Awaited isLoading={isLoading} />}
      {value && <Comparison of={value} />}
    </>
  );
}

function Comparison({ of }: { of: VersionComparison }): JSX.Element {
  const trans = useTrans();
  const parts: [string, readonly Difference[]][] = [
    [trans.__('Metrics'), of.metrics],
    [trans.__('Parameters'), of.params],
    [trans.__('Data'), of.data],
    [trans.__('Environment'), of.environment]
  ];
  return (
    <>
      {parts.map(([title, differences]) => (
        <Differences
          key={title}
          title={title}
          of={of}
          differences={differences}
        />
      ))}
      <section aria-label={trans.__('Code')}>
        <h2>{trans.__('Code')}</h2>
        {of.code === null ? (
          <p className="jp-Mlops-waiting">
            {trans.__('The notebook of one of them is not known.')}
          </p>
        ) : of.code === '' ? (
          <p className="jp-Mlops-waiting">
            {trans.__('The code cells are the same.')}
          </p>
        ) : (
          <CodeDiff diff={of.code} />
        )}
      </section>
    </>
  );
}

function Differences(props: {
  title: string;
  of: VersionComparison;
  differences: readonly Difference[];
}): JSX.Element {
  const { title, of, differences } = props;
  const trans = useTrans();
  if (differences.length === 0) {
    return (
      <section aria-label={title}>
        <h2>{title}</h2>
        <p className="jp-Mlops-waiting">{trans.__('Nothing differs.')}</p>
      </section>
    );
  }
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <TableFrame label={title} className="jp-Mlops-comparison">
        <thead>
          <tr>
            <th scope="col">{trans.__('Name')}</th>
            <th scope="col">{trans.__('Version %1', of.a)}</th>
            <th scope="col">{trans.__('Version %1', of.b)}</th>
            <th scope="col">{trans.__('Difference')}</th>
          </tr>
        </thead>
        <tbody>
          {differences.map(difference => (
            <DifferenceRow key={difference.name} of={difference} />
          ))}
        </tbody>
      </TableFrame>
    </section>
  );
}

export function DifferenceRow({ of }: { of: Difference }): JSX.Element {
  const trans = useTrans();
  const isSame = JSON.stringify(of.a) === JSON.stringify(of.b);
  return (
    <tr data-same={isSame}>
      <th scope="row">{of.name}</th>
      <td>{inCell(of.a)}</td>
      <td>{inCell(of.b)}</td>
      <td>{isSame ? trans.__('same') : changeInWords(of)}</td>
    </tr>
  );
}

function inCell(value: unknown): string {
  return value === null || value === undefined
    ? '–'
    : typeof value === 'number'
      ? formatMetric(value)
      : formatValue(value);
}

/** By how much a number has changed; a mark for anything else, which stands beside it. */
function changeInWords({ a, b }: Difference): string {
  if (typeof a !== 'number' || typeof b !== 'number') {
    return '≠';
  }
  const change = formatMetric(Math.abs(b - a));
  return b > a ? `+${change}` : `−${change}`;
}
