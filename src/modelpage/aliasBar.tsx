import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import type { AliasMove, ModelPage } from '../api/types';
import { CommandIDs } from '../commands';
import { useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import type { ModelPageModel } from './model';
import { askForMove, askForRollback } from './moveDialog';

/** Which version holds each alias now, to be given back, moved, or put to work. */
export function AliasBar(props: {
  model: ModelPageModel;
  page: ModelPage;
  commands: CommandRegistry;
}): JSX.Element {
  const { model, page, commands } = props;
  const trans = useTrans();
  const aliases = Object.entries(page.aliases);
  return (
    <div
      className="jp-Mlops-aliasBar"
      role="group"
      aria-label={trans.__('Aliases')}
    >
      {aliases.length === 0 && (
        <span className="jp-Mlops-count">
          {trans.__('No version holds an alias yet.')}
        </span>
      )}
      <ul>
        {aliases.map(([alias, version]) => (
          <li key={alias} data-alias={alias}>
            <span className="jp-Mlops-badge jp-Mlops-alias" data-alias={alias}>
              {alias}
            </span>
            <button
              type="button"
              className="jp-Mlops-link"
              onClick={() => model.select(version, 'version')}
            >
              {trans.__('version %1', version)}
            </button>
            {canGoBack(page.moves, alias, version) && (
              <TextButton
                label={trans.__('Roll back %1…', alias)}
                onClick={() => void askForRollback(model, alias, trans)}
              />
            )}
          </li>
        ))}
      </ul>
      {page.versions.length > 0 && (
        <>
          <TextButton
            label={trans.__('Move an alias…')}
            onClick={() => void askForMove(model, page, trans)}
          />
          <TextButton
            label={trans.__('Score a table…')}
            onClick={() =>
              void commands.execute(CommandIDs.scoreTable, {
                name: model.name
              })
            }
          />
        </>
      )}
    </div>
  );
}

/** The aliases that follow others by themselves: to roll them back means nothing. */
const FOLLOWERS = ['candidate', 'previous'];

/** Whether another version held the alias before. */
function canGoBack(
  moves: readonly AliasMove[],
  alias: string,
  version: string
): boolean {
  return (
    !FOLLOWERS.includes(alias) &&
    moves.some(
      move =>
        move.alias === alias &&
        move.state === 'done' &&
        [move.from_version, move.to_version].some(
          held => held !== null && held !== version
        )
    )
  );
}
