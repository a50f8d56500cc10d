import React from 'react';
import { useModel, useTrans } from '../panel/hooks';
import type { Recorder } from './recorder';
import type { Recorders } from './recorders';

/** The record switch of the notebook in front, with its state in words. */
export function RecordingToggle(props: {
  recorders: Recorders;
}): JSX.Element | null {
  useModel(props.recorders);
  const text = useStateText();
  const id = React.useId();
  const recorder = props.recorders.current;
  if (!recorder) {
    return null;
  }
  const { state } = recorder;
  const isOn = state === 'on';
  const isImpossible =
    state === 'no-kernel' || state === 'unsupported' || state === 'switching';
  return (
    <div className="jp-Mlops-recording" data-state={state}>
      <button
        type="button"
        role="switch"
        className="jp-Mlops-switch"
        aria-checked={isOn}
        aria-describedby={id}
        disabled={isImpossible}
        onClick={() => void recorder.setRecording(!isOn)}
      >
        <span className="jp-Mlops-switchTrack" aria-hidden />
        {text.label}
      </button>
      <span id={id} className="jp-Mlops-recordingState" role="status">
        {text.describe(recorder)}
      </span>
    </div>
  );
}

function useStateText(): {
  label: string;
  describe: (recorder: Recorder) => string;
} {
  const trans = useTrans();
  const describe = ({ state, detail }: Recorder): string => {
    switch (state) {
      case 'on':
        return detail ?? trans.__('Every cell that you run is recorded.');
      case 'off':
        return trans.__('Off: cells run without a trace.');
      case 'switching':
        return trans.__('Waiting for the kernel…');
      case 'no-kernel':
        return trans.__('The notebook has no running kernel.');
      case 'unsupported':
        return trans.__(
          'This kernel runs %1, which only the server can record, and it does not answer.',
          detail || trans.__('another language')
        );
      case 'refused':
        return detail === 'ModuleNotFoundError'
          ? trans.__(
              'The kernel’s Python lacks jupyter_mlops: run “%pip install jupyter_mlops” in a cell, then switch on again.'
            )
          : trans.__('The kernel refused to record (%1).', detail ?? '?');
    }
  };
  return { label: trans.__('Record cells'), describe };
}
