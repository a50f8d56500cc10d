import { ellipsesIcon, MenuSvg } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import { CommandIDs } from '../commands';
import { useTrans } from './hooks';

/** The sidebar's menu: what is seldom wanted. */
export function MoreMenu(props: { commands: CommandRegistry }): JSX.Element {
  const { commands } = props;
  const trans = useTrans();
  const menu = React.useRef<MenuSvg | null>(null);
  React.useEffect(() => () => menu.current?.dispose(), []);

  const open = ({ currentTarget }: React.MouseEvent) => {
    menu.current?.dispose();
    menu.current = new MenuSvg({ commands });
    for (const command of COMMANDS) {
      menu.current.addItem(command ? { command } : { type: 'separator' });
    }
    const { left, bottom } = currentTarget.getBoundingClientRect();
    menu.current.open(left, bottom);
  };

  return (
    <button
      type="button"
      className="jp-Mlops-iconButton"
      aria-label={trans.__('More')}
      aria-haspopup="menu"
      title={trans.__('More')}
      onClick={open}
    >
      <ellipsesIcon.react tag="span" aria-hidden />
    </button>
  );
}

/** Those of runs, of jobs, of what is told; null parts them. */
const COMMANDS = [
  CommandIDs.selectRuns,
  CommandIDs.cleanUp,
  null,
  CommandIDs.jobsAsCode,
  CommandIDs.takeOverScheduler,
  null,
  CommandIDs.channels
];
