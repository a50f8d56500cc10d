import React from 'react';
import { useModel, useTrans } from '../panel/hooks';
import { EmptyState, Notice, ProblemNotice } from '../panel/notice';
import { ChannelFields } from './channelFields';
import { ChannelRow } from './channelRow';
import type { ChannelsModel } from './model';

/** The channels that there are, each with its test, and the form that adds one or changes its address. */
export function ChannelsView({ model }: { model: ChannelsModel }): JSX.Element {
  const trans = useTrans();
  const address = React.useRef<HTMLInputElement>(null);
  useModel(model);
  React.useEffect(() => void model.refresh(), [model]);
  const { items, kept } = model;
  return (
    <form
      className="jp-Mlops-form"
      aria-busy={model.isBusy}
      onSubmit={event => {
        event.preventDefault();
        void model.save();
      }}
    >
      <p className="jp-Mlops-fieldHelp">
        {trans.__(
          'Ways to be told how runs end, beside JupyterLab itself. Which events go where is said in a job’s options, by “Tell me when”.'
        )}
      </p>
      {model.generalProblem && <ProblemNotice problem={model.generalProblem} />}
      {items?.length === 0 && <NoChannels />}
      {items && items.length > 0 && (
        <ul
          className="jp-Mlops-channels"
          role="list"
          aria-label={trans.__('Channels')}
        >
          {items.map(channel => (
            <ChannelRow
              key={channel.name}
              channel={channel}
              model={model}
              onChange={() => {
                model.set({ name: channel.name, address: '' });
                address.current?.focus();
              }}
            />
          ))}
        </ul>
      )}
      <ChannelFields model={model} address={address} />
      {kept !== null && (
        <Notice tone="info">
          <p>{trans.__('“%1” is set up: send a test to see it work.', kept)}</p>
        </Notice>
      )}
    </form>
  );
}

function NoChannels(): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState title={trans.__('No channels yet')}>
      <p>
        {trans.__(
          'A channel is a name for an address that e-mail, Slack, Teams, a webhook or another service is reached by.'
        )}
      </p>
    </EmptyState>
  );
}
