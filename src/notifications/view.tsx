import { bellIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import type { Notice, RunState } from '../api/types';
import { CommandIDs } from '../commands';
import { warningIcon } from '../icons';
import { attempt } from '../panel/attempt';
import { useModel, useTrans } from '../panel/hooks';
import { ProblemNotice } from '../panel/notice';
import { StateIcon } from '../panel/stateIcon';
import { Ago } from '../panel/times';
import type { Inbox } from './inbox';

/** A bell with how many notifications nobody has seen; it unfolds the list of them. */
export function Bell(props: {
  inbox: Inbox;
  isOpen: boolean;
  listId: string;
  onToggle: () => void;
}): JSX.Element {
  const { inbox, isOpen } = props;
  const trans = useTrans();
  useModel(inbox);
  const label =
    inbox.unseen > 0
      ? trans._n(
          'Notifications: %1 unseen',
          'Notifications: %1 unseen',
          inbox.unseen
        )
      : trans.__('Notifications');
  return (
    <button
      type="button"
      className="jp-Mlops-iconButton jp-Mlops-bell"
      aria-label={label}
      title={label}
      aria-expanded={isOpen}
      aria-controls={props.listId}
      onClick={props.onToggle}
    >
      <bellIcon.react tag="span" aria-hidden />
      {inbox.unseen > 0 && (
        <span className="jp-Mlops-unseen" aria-hidden>
          {inbox.unseen > 99 ? '99+' : inbox.unseen}
        </span>
      )}
    </button>
  );
}

/** The newest notifications; to open it is to see them. */
export function InboxView(props: {
  id: string;
  inbox: Inbox;
  commands: CommandRegistry;
  onClose: () => void;
}): JSX.Element {
  const { inbox, commands, onClose } = props;
  const trans = useTrans();
  useModel(inbox);
  const show = (notice: Notice) => {
    onClose();
    void commands.execute(CommandIDs.showRun, { run: notice.run_id });
  };
  React.useEffect(() => {
    void attempt(() => inbox.open());
  }, [inbox]);
  return (
    <section
      id={props.id}
      className="jp-Mlops-inbox"
      aria-label={trans.__('Notifications')}
      onKeyDown={event => event.key === 'Escape' && onClose()}
    >
      {inbox.problem && <ProblemNotice problem={inbox.problem} />}
      {inbox.items.length === 0 && !inbox.problem && (
        <p className="jp-Mlops-waiting">
          {trans.__(
            'Nothing was told yet. A run that fails is; a job’s options say what else.'
          )}
        </p>
      )}
      <ul role="list">
        {inbox.items.map(notice => (
          <li key={notice.id} data-new={inbox.isNew(notice)}>
            <NoticeRow notice={notice} onShow={() => show(notice)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const STATES: Partial<Record<Notice['event'], RunState>> = {
  started: 'running',
  succeeded: 'succeeded',
  recovered: 'succeeded',
  failed: 'failed'
};

function NoticeRow(props: { notice: Notice; onShow: () => void }): JSX.Element {
  const { notice } = props;
  const state = STATES[notice.event];
  return (
    <button
      type="button"
      className="jp-Mlops-row"
      title={notice.body}
      disabled={notice.run_id === null}
      onClick={props.onShow}
    >
      {state ? (
        <StateIcon state={state} isNamedBeside />
      ) : (
        <warningIcon.react
          tag="span"
          className="jp-Mlops-warning"
          aria-hidden
        />
      )}
      <span className="jp-Mlops-rowMain">
        <span className="jp-Mlops-rowTitle">{notice.title}</span>
        <span className="jp-Mlops-rowFacts">
          <Ago moment={notice.created_at} />
          <span>{firstLineOf(notice)}</span>
        </span>
      </span>
    </button>
  );
}

/** What was said first; the rest is the tooltip. */
export function firstLineOf(notice: Notice): string {
  return notice.body.split('\n')[0];
}
