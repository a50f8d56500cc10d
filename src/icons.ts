import { LabIcon } from '@jupyterlab/ui-components';

import cancelled from '../style/icons/cancelled.svg';
import failed from '../style/icons/failed.svg';
import interrupted from '../style/icons/interrupted.svg';
import lost from '../style/icons/lost.svg';
import mlops from '../style/icons/mlops.svg';
import pause from '../style/icons/pause.svg';
import queued from '../style/icons/queued.svg';
import restart from '../style/icons/restart.svg';
import resume from '../style/icons/resume.svg';
import runAsJob from '../style/icons/run-as-job.svg';
import running from '../style/icons/running.svg';
import schedule from '../style/icons/schedule.svg';
import skipped from '../style/icons/skipped.svg';
import stale from '../style/icons/stale.svg';
import succeeded from '../style/icons/succeeded.svg';
import timedOut from '../style/icons/timed-out.svg';
import warning from '../style/icons/warning.svg';

function icon(name: string, svgstr: string): LabIcon {
  return new LabIcon({ name: `jupyter_mlops:${name}`, svgstr });
}

export const mlopsIcon = icon('mlops', mlops);
export const runAsJobIcon = icon('run-as-job', runAsJob);
export const scheduleIcon = icon('schedule', schedule);
export const pauseIcon = icon('pause', pause);
export const resumeIcon = icon('resume', resume);
export const restartIcon = icon('restart', restart);
export const staleIcon = icon('stale', stale);
export const warningIcon = icon('warning', warning);

export const queuedIcon = icon('queued', queued);
export const runningIcon = icon('running', running);
export const succeededIcon = icon('succeeded', succeeded);
export const failedIcon = icon('failed', failed);
export const cancelledIcon = icon('cancelled', cancelled);
export const timedOutIcon = icon('timed-out', timedOut);
export const lostIcon = icon('lost', lost);
export const skippedIcon = icon('skipped', skipped);
export const interruptedIcon = icon('interrupted', interrupted);
