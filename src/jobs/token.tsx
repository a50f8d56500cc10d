import { Clipboard, Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon, ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import type { Client } from '../api/client';
import type { NewTrigger } from '../api/types';
import { IconButton } from '../panel/iconButton';

/** Show a trigger's address and its token, which the server tells this once. */
export async function showToken(
  trigger: NewTrigger,
  client: Client,
  trans: TranslationBundle
): Promise<void> {
  const address = client.hookAddress(trigger.id);
  await showDialog({
    title: trans.__('The job runs when this address is called'),
    body: ReactWidget.create(
      <TokenView address={address} token={trigger.token!} trans={trans} />
    ),
    buttons: [Dialog.okButton({ label: trans.__('Done') })],
    hasClose: false
  });
}

/** The address, the token, and a call with both, each to be copied. */
export function TokenView(props: {
  address: string;
  token: string;
  trans: TranslationBundle;
}): JSX.Element {
  const { address, token, trans } = props;
  const call = `curl -X POST -H "Authorization: Bearer ${token}" ${address}`;
  const lines: [string, string][] = [
    [trans.__('Address'), address],
    [trans.__('Token'), token],
    [trans.__('Call'), call]
  ];
  return (
    <div className="jp-Mlops-token">
      <p>
        {trans.__(
          'Copy the token now: it is not kept, and cannot be shown again. Who has it can run this job.'
        )}
      </p>
      <dl>
        {lines.map(([name, text]) => (
          <React.Fragment key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{text}</code>
              <IconButton
                icon={copyIcon}
                label={trans.__('Copy: %1', name)}
                onClick={() => Clipboard.copyToSystem(text)}
              />
            </dd>
          </React.Fragment>
        ))}
      </dl>
    </div>
  );
}
