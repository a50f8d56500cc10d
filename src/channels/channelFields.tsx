import React from 'react';
import { asSentence } from '../api/problem';
import { useTrans } from '../panel/hooks';
import { Field } from '../runjob/field';
import type { ChannelField, ChannelsModel } from './model';

/** A name and the address that it stands for, which is hidden as it is typed: it holds a password or a token. */
export function ChannelFields(props: {
  model: ChannelsModel;
  address: React.RefObject<HTMLInputElement>;
}): JSX.Element {
  const { model, address } = props;
  const { draft, isChange } = model;
  const trans = useTrans();
  const problemOf = useProblems(model);
  return (
    <fieldset>
      <legend>
        {isChange
          ? trans.__('Change “%1”', draft.name.trim())
          : trans.__('Add a channel')}
      </legend>
      <Field
        label={trans.__('Name')}
        help={trans.__('As jobs call it: team-mail, say.')}
        problem={problemOf('channel')}
      >
        {described => (
          <input
            {...described}
            type="text"
            className="jp-mod-styled"
            name="channel"
            autoComplete="off"
            spellCheck={false}
            value={draft.name}
            onChange={({ target }) => model.set({ name: target.value })}
          />
        )}
      </Field>
      <Field
        label={trans.__('Address')}
        help={
          <>
            {trans.__('As in')} <code>{EXAMPLE}</code>
            {trans.__('; of other services')}{' '}
            <a
              href="https://appriseit.com/services/"
              target="_blank"
              rel="noreferrer"
            >
              {trans.__('as apprise has them')}
            </a>
            {trans.__('. Kept where only you can read it, and never shown.')}
          </>
        }
        problem={problemOf('address')}
      >
        {described => (
          <input
            {...described}
            ref={address}
            type="password"
            className="jp-mod-styled"
            name="address"
            autoComplete="new-password"
            spellCheck={false}
            value={draft.address}
            onChange={({ target }) => model.set({ address: target.value })}
          />
        )}
      </Field>
      <div className="jp-Mlops-actions">
        <button
          type="submit"
          className="jp-Mlops-textButton"
          disabled={model.isBusy}
        >
          {isChange ? trans.__('Change its address') : trans.__('Add')}
        </button>
      </div>
    </fieldset>
  );
}

function useProblems(
  model: ChannelsModel
): (field: ChannelField) => string | null {
  const trans = useTrans();
  return field => {
    switch (model.faultOf(field)) {
      case 'no-name':
        return trans.__('Give it a name.');
      case 'no-address':
        return trans.__('Give its address.');
      case 'in-environment':
        return trans.__(
          'It is set in the server’s environment, which this cannot change.'
        );
      case null: {
        const problem = model.problemOf(field);
        return problem && asSentence(problem);
      }
    }
  };
}

const EXAMPLE = 'mailto://user:password@example.org';
