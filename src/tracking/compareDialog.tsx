import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { Difference } from '../api/types';
import { formatMoment } from '../format';
import { DifferenceRow } from '../modelpage/comparisonView';
import { TableFrame } from '../modelpage/tableFrame';
import { Awaited } from '../modelpage/versionChoice';
import { Translation, useModel, useTrans } from '../panel/hooks';
import { EmptyState, ProblemNotice } from '../panel/notice';
import type { Tracking } from './model';
import { RunPair } from './runPair';
import type { INotebookRun, IRunComparison } from './types';
import { KernelIsBusy } from './waiting';

/** Show two of the notebook's MLflow runs side by side, until it is closed. */
export async function showComparison(
  tracking: Tracking,
  trans: TranslationBundle
): Promise<void> {
  const pair = new RunPair(tracking);
  const dialog = new Dialog({
    title: trans.__('Compare MLflow runs of this notebook'),
    body: ReactWidget.create(
      <Translation.Provider value={trans}>
        <RunComparison pair={pair} tracking={tracking} />
      </Translation.Provider>
    ),
    buttons: [Dialog.cancelButton({ label: trans.__('Close') })]
  });
  dialog.addClass('jp-Mlops-dialog');
  void pair.load();
  await dialog.launch().finally(() => dialog.dispose());
}

export function RunComparison(props: {
  pair: RunPair;
  tracking: Tracking;
}): JSX.Element {
  const { pair, tracking } = props;
  const trans = useTrans();
  useModel(pair);
  const { runs, comparison, problem } = pair;
  const isLoading = !problem && (pair.pair ? !comparison : !runs);
  return (
    <div className="jp-Mlops-form">
      <KernelIsBusy tracking={tracking} />
      {runs && pair.pair && (
        <RunChoices pair={pair} runs={runs} chosen={pair.pair} />
      )}
      {runs && !pair.pair && (
        <EmptyState
          title={trans.__('This notebook has fewer than two MLflow runs')}
        >
          <p>{trans.__('With the second, the two can be compared here.')}</p>
        </EmptyState>
      )}
      {problem && <ProblemNotice problem={problem} />}
      <Awaited isLoading={isLoading} />
      {comparison && <Differences of={comparison} />}
    </div>
  );
}

function RunChoices(props: {
  pair: RunPair;
  runs: readonly INotebookRun[];
  chosen: readonly [string, string];
}): JSX.Element {
  const { pair, runs, chosen } = props;
  const trans = useTrans();
  const [a, b] = chosen;
  return (
    <div className="jp-Mlops-pair">
      <RunChoice
        label={trans.__('Compare')}
        runs={runs}
        value={a}
        onChoose={id => void pair.choose([id, b])}
      />
      <RunChoice
        label={trans.__('with')}
        runs={runs}
        value={b}
        onChoose={id => void pair.choose([a, id])}
      />
    </div>
  );
}

function RunChoice(props: {
  label: string;
  runs: readonly INotebookRun[];
  value: string;
  onChoose: (run_id: string) => void;
}): JSX.Element {
  return (
    <label className="jp-Mlops-choice">
      <span>{props.label}</span>
      <select
        className="jp-mod-styled"
        value={props.value}
        onChange={event => props.onChoose(event.target.value)}
      >
        {props.runs.map(({ run_id, name, started_at_ms }) => (
          <option key={run_id} value={run_id}>
            {`${name} (${formatMoment(new Date(started_at_ms).toISOString())})`}
          </option>
        ))}
      </select>
    </label>
  );
}

function Differences({ of }: { of: IRunComparison }): JSX.Element {
  const trans = useTrans();
  if (of.rows.length === 0) {
    return (
      <p className="jp-Mlops-waiting" role="status">
        {trans.__('“%1” and “%2” do not differ.', of.a, of.b)}
      </p>
    );
  }
  return (
    <TableFrame label={trans.__('Differences')} className="jp-Mlops-comparison">
      <thead>
        <tr>
          <th scope="col">{trans.__('Name')}</th>
          <th scope="col">{of.a}</th>
          <th scope="col">{of.b}</th>
          <th scope="col">{trans.__('Difference')}</th>
        </tr>
      </thead>
      <tbody>
        {of.rows.map(row => (
          <DifferenceRow key={row.name} of={row as Difference} />
        ))}
      </tbody>
    </TableFrame>
  );
}
