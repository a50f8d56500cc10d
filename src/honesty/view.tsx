import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import type { CellAddress } from '../cells/showCell';
import { firstLine } from '../format';
import { restartIcon, staleIcon, succeededIcon } from '../icons';
import { useModel, useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import { RowList } from '../panel/rowList';
import type { INotebookStates } from '../tokens';
import type { NotebookState } from './notebookState';
import { staleSentences, staleWords } from './words';

const RESTART_RUN_ALL = 'notebook:restart-run-all';

/** Reasons that a notebook on its first way from top to bottom has, too. */
const UNDER_WAY = new Set(['never_run', 'running']);

export interface IHonestyProps {
  states: INotebookStates;
  commands: CommandRegistry;
  /** Bring a cell into view. */
  onShow: (address: CellAddress) => void;
}

/** Whether what the notebook in front shows is still true, and what to do about it. */
export function Honesty(props: IHonestyProps): JSX.Element | null {
  const { states, commands, onShow } = props;
  const trans = useTrans();
  useModel(states);
  const model = states.current;
  if (!model?.session) {
    return null;
  }
  const { clean, reasons } = model.session;
  const standing = standingOf(model);
  const isGood = standing === 'clean' || standing === 'under-way';
  const Icon = isGood ? succeededIcon : staleIcon;
  return (
    <section
      className="jp-Mlops-honesty"
      aria-label={trans.__('State of the notebook')}
      data-state={standing}
    >
      <div className="jp-Mlops-honestyHead">
        <Icon.react tag="span" className="jp-Mlops-honestyIcon" aria-hidden />
        <strong role="status">
          <HeadWords standing={standing} stale={model.stale.length} />
        </strong>
        {!clean && (
          <TextButton
            icon={restartIcon}
            label={trans.__('Restart and run all')}
            onClick={() => void commands.execute(RESTART_RUN_ALL)}
          />
        )}
      </div>
      <p className="jp-Mlops-honestyReasons">
        {clean
          ? trans.__('Every cell ran once, from top to bottom.')
          : reasons.map(({ sentence }) => sentence).join(' ')}
      </p>
      {model.stale.length > 0 && <StaleCells model={model} onShow={onShow} />}
    </section>
  );
}

type Standing = 'clean' | 'under-way' | 'stale' | 'mixed';

function standingOf({ session, stale }: NotebookState): Standing {
  if (session!.clean) {
    return 'clean';
  }
  if (stale.length > 0) {
    return 'stale';
  }
  const isUnderWay = session!.reasons.every(({ code }) => UNDER_WAY.has(code));
  return isUnderWay ? 'under-way' : 'mixed';
}

function HeadWords(props: { standing: Standing; stale: number }): JSX.Element {
  const trans = useTrans();
  switch (props.standing) {
    case 'clean':
      return <>{trans.__('Clean')}</>;
    case 'stale':
      return <>{trans._n('%1 stale cell', '%1 stale cells', props.stale)}</>;
    case 'under-way':
      return <>{trans.__('Clean so far')}</>;
    case 'mixed':
      return <>{trans.__('Nothing stale, but not clean')}</>;
  }
}

function StaleCells(props: {
  model: NotebookState;
  onShow: (address: CellAddress) => void;
}): JSX.Element {
  const { model } = props;
  const trans = useTrans();
  return (
    <RowList label={trans.__('Stale cells')}>
      {model.stale.map(({ cell, reasons, last }) => {
        const source = model.sourceOf(cell);
        return (
          <li key={cell} className="jp-Mlops-item">
            <button
              type="button"
              className="jp-Mlops-row"
              title={staleSentences(reasons, trans).join('\n')}
              onClick={() =>
                props.onShow({ cell_id: cell, key_kind: 'id', source })
              }
            >
              <span className="jp-Mlops-rowMain">
                <span className="jp-Mlops-rowTitle">
                  <code className="jp-Mlops-source">{firstLine(source)}</code>
                  <span className="jp-Mlops-count">
                    [{last?.execution_count ?? ' '}]
                  </span>
                </span>
                <span className="jp-Mlops-staleWhy">
                  {staleWords(reasons, trans)}
                </span>
              </span>
            </button>
          </li>
        );
      })}
    </RowList>
  );
}
