import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import { useModel, useTrans } from '../panel/hooks';
import { EmptyState, NothingFound } from '../panel/notice';
import { PagedRows } from '../panel/pagedRows';
import { SearchField } from '../panel/searchField';
import type { RunScope, RunsModel } from './model';
import { RunRow } from './runRow';
import { SelectionBar } from './selectionBar';

export function RunsView(props: {
  model: RunsModel;
  commands: CommandRegistry;
}): JSX.Element {
  const { model } = props;
  const trans = useTrans();
  useModel(model);
  return (
    <>
      <ScopeSwitch model={model} />
      <SearchField model={model} label={trans.__('Search runs')} />
      <SelectionBar model={model} />
      <PagedRows
        list={model.list}
        label={trans.__('Job runs')}
        empty={
          model.search.trim() ? (
            <NothingFound />
          ) : (
            <NoRuns isNarrowed={model.isNarrowed} />
          )
        }
        renderRow={run => (
          <RunRow run={run} model={model} commands={props.commands} />
        )}
      />
    </>
  );
}

function ScopeSwitch({ model }: { model: RunsModel }): JSX.Element | null {
  const trans = useTrans();
  const scopes: [RunScope, string][] = [
    ['notebook', trans.__('This notebook')],
    ['all', trans.__('All')]
  ];
  if (model.notebook === null) {
    return null;
  }
  return (
    <div
      className="jp-Mlops-segments"
      role="group"
      aria-label={trans.__('Whose runs to show')}
    >
      {scopes.map(([scope, label]) => (
        <button
          key={scope}
          type="button"
          aria-pressed={model.scope === scope}
          onClick={() => void model.setScope(scope)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

function NoRuns({ isNarrowed }: { isNarrowed: boolean }): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState
      title={
        isNarrowed
          ? trans.__('No runs of this notebook yet')
          : trans.__('No runs yet')
      }
    >
      <p>
        {trans.__(
          'Choose “Run as job…” in the notebook’s toolbar, or right-click a notebook in the file browser.'
        )}
      </p>
    </EmptyState>
  );
}
