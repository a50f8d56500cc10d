import { badgesPlugin } from './badges/plugin';
import { channelsPlugin } from './channels/plugin';
import { definitionsPlugin } from './definitions/plugin';
import { honestyPlugin } from './honesty/plugin';
import { housekeepingPlugin } from './housekeeping/plugin';
import { modelPagePlugin } from './modelpage/plugin';
import { notificationsPlugin } from './notifications/plugin';
import { panelPlugin } from './panel/plugin';
import { mlopsPlugin } from './plugin';
import { recordingPlugin } from './recording/plugin';
import { registeringPlugin } from './registering/plugin';
import { editJobPlugin } from './runjob/editPlugin';
import { runJobPlugin } from './runjob/plugin';
import { runsPlugin } from './runs/plugin';
import { scoringPlugin } from './scoring/plugin';
import { trackingPlugin } from './tracking/plugin';

export { CommandIDs } from './commands';
export { IMlops, INotebookStates, IRecorders, ITrackings } from './tokens';

export default [
  mlopsPlugin,
  recordingPlugin,
  honestyPlugin,
  trackingPlugin,
  badgesPlugin,
  panelPlugin,
  runJobPlugin,
  editJobPlugin,
  runsPlugin,
  modelPagePlugin,
  registeringPlugin,
  scoringPlugin,
  housekeepingPlugin,
  definitionsPlugin,
  channelsPlugin,
  notificationsPlugin
];
