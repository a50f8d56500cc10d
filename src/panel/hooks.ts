import {
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import React from 'react';

/** The translation of the extension's strings, for every view below. */
export const Translation = React.createContext<TranslationBundle>(
  nullTranslator.load('jupyter_mlops')
);

export function useTrans(): TranslationBundle {
  return React.useContext(Translation);
}

/** Render again whenever the signal is emitted. */
export function useSignal(signal: ISignal<any, any>): void {
  const [, renderAgain] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const onEmitted = () => renderAgain();
    signal.connect(onEmitted);
    return () => {
      signal.disconnect(onEmitted);
    };
  }, [signal]);
}

/** Render again whenever the model says that it has changed. */
export function useModel(model: { changed: ISignal<any, unknown> }): void {
  useSignal(model.changed);
}
