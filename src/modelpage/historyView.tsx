import React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { AliasMove, ModelPage } from '../api/types';
import { useTrans } from '../panel/hooks';
import { EmptyState } from '../panel/notice';
import { Ago } from '../panel/times';
import { TableFrame } from './tableFrame';

/** Every move of every alias: when, from where to where, who, and why. */
export function HistoryView({ page }: { page: ModelPage }): JSX.Element {
  const trans = useTrans();
  if (page.moves.length === 0) {
    return (
      <EmptyState title={trans.__('No alias has moved yet')}>
        <p>
          {trans.__(
            'When a version becomes candidate, champion or previous, it is written down here, with who moved the alias and why.'
          )}
        </p>
      </EmptyState>
    );
  }
  return (
    <TableFrame label={trans.__('Alias history')}>
      <caption>{trans.__('Moves of aliases, newest first')}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('When')}</th>
          <th scope="col">{trans.__('Alias')}</th>
          <th scope="col">{trans.__('Move')}</th>
          <th scope="col">{trans.__('How')}</th>
          <th scope="col">{trans.__('Who')}</th>
          <th scope="col">{trans.__('Why')}</th>
        </tr>
      </thead>
      <tbody>
        {page.moves.map(move => (
          <tr key={move.id} data-state={move.state}>
            <td>
              <Ago moment={move.done_at ?? move.created_at} />
            </td>
            <td>
              <span
                className="jp-Mlops-badge jp-Mlops-alias"
                data-alias={move.alias}
              >
                {move.alias}
              </span>
            </td>
            <td>
              <Way move={move} />
            </td>
            <td>{actionInWords(move, trans)}</td>
            <td>{move.actor ?? '–'}</td>
            <td>{move.reason ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </TableFrame>
  );
}

function Way({ move }: { move: AliasMove }): JSX.Element {
  const trans = useTrans();
  const { from_version: from, to_version: to } = move;
  const text =
    from === null
      ? trans.__('to version %1', to ?? '?')
      : to === null
        ? trans.__('taken from version %1', from)
        : trans.__('from version %1 to version %2', from, to);
  return (
    <span className="jp-Mlops-way" title={text}>
      <span className="jp-Mlops-hidden">{text}</span>
      <span aria-hidden>
        {from ?? '∅'} → {to ?? '∅'}
      </span>
    </span>
  );
}

function actionInWords(move: AliasMove, trans: TranslationBundle): string {
  const words: Record<AliasMove['action'], string> = {
    candidate: trans.__('registered'),
    promote: trans.__('promoted'),
    replace: trans.__('replaced'),
    rollback: trans.__('rolled back'),
    by_hand: trans.__('by hand'),
    remove: trans.__('taken away'),
    elsewhere: trans.__('in MLflow itself')
  };
  const action = words[move.action];
  switch (move.state) {
    case 'done':
      return action;
    case 'intended':
      return trans.__('%1 (under way)', action);
    case 'abandoned':
      return trans.__('%1 (given up)', action);
  }
}
