import { refreshIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import { CommandIDs } from '../commands';
import { runAsJobIcon } from '../icons';
import type { Inbox } from '../notifications/inbox';
import { Bell, InboxView } from '../notifications/view';
import { useModel, useSignal, useTrans } from './hooks';
import { IconButton } from './iconButton';
import { MoreMenu } from './moreMenu';
import { Notice, Snippet } from './notice';
import type { StatusModel } from './statusModel';

/** The state of the worker in a line, and what is wrong with the server part if anything is. */
export function PanelHeader(props: {
  model: StatusModel;
  inbox: Inbox;
  commands: CommandRegistry;
}): JSX.Element {
  const { model, inbox, commands } = props;
  const trans = useTrans();
  const [isInboxOpen, setIsInboxOpen] = React.useState(false);
  const inboxId = React.useId();
  useModel(model);
  useSignal(commands.commandChanged);
  return (
    <>
      <div className="jp-Mlops-headline">
        {model.server === 'ready' && <WorkerLine model={model} />}
        {model.server === 'ready' && (
          <Bell
            inbox={inbox}
            isOpen={isInboxOpen}
            listId={inboxId}
            onToggle={() => setIsInboxOpen(!isInboxOpen)}
          />
        )}
        <IconButton
          icon={runAsJobIcon}
          label={trans.__('Run the open notebook as a job…')}
          disabled={!commands.isEnabled(CommandIDs.runAsJob)}
          onClick={() => void commands.execute(CommandIDs.runAsJob)}
        />
        <IconButton
          icon={refreshIcon}
          label={trans.__('Refresh')}
          onClick={() => void commands.execute(CommandIDs.refresh)}
        />
        {model.server === 'ready' && <MoreMenu commands={commands} />}
      </div>
      {isInboxOpen && (
        <InboxView
          id={inboxId}
          inbox={inbox}
          commands={commands}
          onClose={() => setIsInboxOpen(false)}
        />
      )}
      <ServerNotice model={model} />
      {model.versionsDiffer && model.server === 'ready' && (
        <VersionNotice model={model} />
      )}
    </>
  );
}

function ServerNotice({ model }: { model: StatusModel }): JSX.Element | null {
  const trans = useTrans();
  switch (model.server) {
    case 'asking':
      return (
        <p className="jp-Mlops-waiting" role="status">
          {trans.__('Asking the server…')}
        </p>
      );
    case 'ready':
      return null;
    case 'missing':
      return (
        <Notice
          tone="error"
          title={trans.__('The server part of jupyter_mlops is not running')}
        >
          <p>
            {trans.__(
              'The Jupyter server answers, but it has not loaded jupyter_mlops. Enable it where the server runs, then restart the server:'
            )}
          </p>
          <Snippet code="jupyter server extension enable jupyter_mlops" />
        </Notice>
      );
    case 'unreachable':
      return (
        <Notice
          tone="error"
          title={trans.__('The Jupyter server does not answer')}
        >
          <p>
            {trans.__(
              'What you see is the last answer. This panel tries again every half minute.'
            )}
          </p>
        </Notice>
      );
    case 'failed':
      return (
        <Notice
          tone="error"
          title={trans.__('The server part of jupyter_mlops has failed')}
        >
          <p>{model.problem?.message}</p>
          <p>
            {model.problem?.hint ??
              trans.__('The Jupyter server’s log says more.')}
          </p>
        </Notice>
      );
  }
}

function VersionNotice({ model }: { model: StatusModel }): JSX.Element {
  const trans = useTrans();
  return (
    <Notice tone="warning" title={trans.__('Two versions of jupyter_mlops')}>
      <p>
        {trans.__(
          'This page has %1, the server has %2. Restart the server, then reload this page.',
          model.frontVersion,
          model.status!.version
        )}
      </p>
    </Notice>
  );
}

function WorkerLine({ model }: { model: StatusModel }): JSX.Element {
  const trans = useTrans();
  const { workers } = model.status!;
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
  return (
    <p
      className="jp-Mlops-worker"
      data-alive={model.hasWorker}
      title={workers
        .map(({ host, pid, slots }) =>
          trans.__(
            '%1, process %2: %3 at a time',
            host,
            pid,
            trans._n('%1 run', '%1 runs', slots)
          )
        )
        .join('\n')}
    >
      <span className="jp-Mlops-dot" aria-hidden />
      {model.hasWorker
        ? trans._n('%1 worker', '%1 workers', workers.length)
        : trans.__('No worker is alive: one starts with the next run.')}
      {model.hasWorker && (
        <span className="jp-Mlops-workerSlots">
          {trans.__(', %1 at a time', trans._n('%1 run', '%1 runs', slots))}
        </span>
      )}
    </p>
  );
}
