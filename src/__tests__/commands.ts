import { CommandRegistry } from '@lumino/commands';
import { CommandIDs } from '../commands';

/** Commands that only keep what they were asked. */
export function keepingCommands() {
  const commands = new CommandRegistry();
  const asked: [string, object][] = [];
  for (const id of Object.values(CommandIDs)) {
    commands.addCommand(id, {
      execute: args => {
        asked.push([id, args]);
      }
    });
  }
  return { commands, asked };
}
