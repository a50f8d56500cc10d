import { notificationsPlugin } from './live/notifications';
import { panelPlugin } from './panel/plugin';
import { mlopsPlugin } from './plugin';
import { recordingPlugin } from './recording/plugin';
import { runJobPlugin } from './runjob/plugin';

export { CommandIDs } from './commands';
export { IMlops, IRecorders } from './tokens';

export default [
  mlopsPlugin,
  recordingPlugin,
  panelPlugin,
  runJobPlugin,
  notificationsPlugin
];
