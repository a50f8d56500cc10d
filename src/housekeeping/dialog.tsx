import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import { Translation } from '../panel/hooks';
import type { CleanUp } from './model';
import { CleanUpView } from './view';

/** Cleaning up, in a frame that stays until it is closed. */
export class CleanUpDialog extends Dialog<void> {
  constructor(model: CleanUp, trans: TranslationBundle) {
    super({
      title: trans.__('Clean up old runs'),
      body: ReactWidget.create(
        <Translation.Provider value={trans}>
          <CleanUpView model={model} />
        </Translation.Provider>
      ),
      buttons: [Dialog.cancelButton({ label: trans.__('Close') })],
      focusNodeSelector: 'input'
    });
    this.addClass('jp-Mlops-dialog');
    this.node.setAttribute('aria-label', trans.__('Clean up old runs'));
  }

  /** Enter in the form is the form's own. */
  override handleEvent(event: Event): void {
    const isOwnEnter =
      event instanceof KeyboardEvent &&
      event.key === 'Enter' &&
      (event.target as HTMLElement).closest('.jp-Mlops-form') !== null;
    if (!isOwnEnter) {
      super.handleEvent(event);
    }
  }
}
