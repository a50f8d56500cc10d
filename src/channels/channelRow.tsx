import React from 'react';
import type { Channel } from '../api/types';
import { useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import { Notice, ProblemNotice } from '../panel/notice';
import type { ChannelsModel, TestResult } from './model';

/** A channel's name and kind, what can be done with it, and how its test went. */
export function ChannelRow(props: {
  channel: Channel;
  model: ChannelsModel;
  onChange: () => void;
}): JSX.Element {
  const { channel, model } = props;
  const { name, kind, source } = channel;
  const trans = useTrans();
  const test = model.testOf(name);
  return (
    <li>
      <div className="jp-Mlops-channel">
        <span className="jp-Mlops-channelName">
          <strong>{name}</strong> <span className="jp-Mlops-badge">{kind}</span>
        </span>
        <div
          className="jp-Mlops-actions"
          role="group"
          aria-label={trans.__('Channel “%1”', name)}
        >
          <TextButton
            label={trans.__('Send a test')}
            disabled={test === 'sending'}
            onClick={() => void model.test(name)}
          />
          {source === 'file' && (
            <>
              <TextButton
                label={trans.__('Change…')}
                onClick={props.onChange}
              />
              <TextButton
                label={trans.__('Delete…')}
                onClick={() => model.askToRemove(name)}
              />
            </>
          )}
        </div>
      </div>
      {source === 'environment' && (
        <p className="jp-Mlops-fieldHelp">
          {trans.__(
            'From the server’s environment, where it is changed or removed.'
          )}
        </p>
      )}
      {test !== null && <Tested name={name} test={test} />}
      {model.leaving === name && <Leaving name={name} model={model} />}
    </li>
  );
}

function Tested(props: { name: string; test: TestResult }): JSX.Element {
  const { name, test } = props;
  const trans = useTrans();
  switch (test) {
    case 'sending':
      return (
        <Notice tone="info">
          <p>{trans.__('Sending a test…')}</p>
        </Notice>
      );
    case 'sent':
      return (
        <Notice tone="info">
          <p>{trans.__('“%1” has taken the test message.', name)}</p>
        </Notice>
      );
    default:
      return <ProblemNotice problem={test} />;
  }
}

function Leaving(props: { name: string; model: ChannelsModel }): JSX.Element {
  const { name, model } = props;
  const trans = useTrans();
  const keep = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => keep.current?.querySelector('button')?.focus(), []);
  return (
    <Notice tone="warning">
      <p>
        {trans.__(
          'Delete “%1”? Its address is forgotten, and jobs that name it cannot tell anybody by it.',
          name
        )}
      </p>
      <div className="jp-Mlops-actions" ref={keep}>
        <TextButton
          label={trans.__('Keep it')}
          onClick={() => model.askToRemove(null)}
        />
        <TextButton
          label={trans.__('Delete it')}
          onClick={() => void model.remove()}
        />
      </div>
    </Notice>
  );
}
