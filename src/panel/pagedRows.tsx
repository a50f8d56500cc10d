import React from 'react';
import type { PagedList } from '../api/pagedList';
import { useModel, useTrans } from './hooks';
import { ProblemNotice } from './notice';
import { RowList } from './rowList';

/** The rows of a paged list, or what stands in for them: waiting, trouble, or nothing yet. */
export function PagedRows<T extends { id: string }>(props: {
  list: PagedList<T>;
  label: string;
  empty: React.ReactNode;
  renderRow: (item: T) => React.ReactNode;
}): JSX.Element {
  const { list } = props;
  const trans = useTrans();
  useModel(list);
  return (
    <>
      {list.problem && <ProblemNotice problem={list.problem} />}
      {!list.isLoaded && !list.problem && (
        <p className="jp-Mlops-waiting" role="status">
          {trans.__('Loading…')}
        </p>
      )}
      {list.isLoaded && list.items.length === 0 && props.empty}
      {list.items.length > 0 && (
        <RowList label={props.label}>
          {list.items.map(item => (
            <li key={item.id} className="jp-Mlops-item">
              {props.renderRow(item)}
            </li>
          ))}
        </RowList>
      )}
      {list.hasMore && (
        <button
          type="button"
          className="jp-Mlops-more"
          disabled={list.isBusy}
          onClick={() => void list.loadMore()}
        >
          {list.isBusy ? trans.__('Loading…') : trans.__('Load more')}
        </button>
      )}
    </>
  );
}
