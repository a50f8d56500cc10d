import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import { useModel, useTrans } from '../panel/hooks';
import { EmptyState, NothingFound } from '../panel/notice';
import { PagedRows } from '../panel/pagedRows';
import { SearchField } from '../panel/searchField';
import { JobRow } from './jobRow';
import type { JobsModel } from './model';

export function JobsView(props: {
  model: JobsModel;
  commands: CommandRegistry;
}): JSX.Element {
  const { model } = props;
  const trans = useTrans();
  useModel(model);
  return (
    <>
      <SearchField model={model} label={trans.__('Search jobs')} />
      <PagedRows
        list={model.list}
        label={trans.__('Jobs')}
        empty={model.search.trim() ? <NothingFound /> : <NoJobs />}
        renderRow={job => (
          <JobRow job={job} model={model} commands={props.commands} />
        )}
      />
    </>
  );
}

function NoJobs(): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState title={trans.__('No jobs yet')}>
      <p>
        {trans.__(
          'A job is a notebook with parameters, to run now or on a schedule. “Run as job…” makes one.'
        )}
      </p>
    </EmptyState>
  );
}
