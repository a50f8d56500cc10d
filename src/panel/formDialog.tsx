import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import { Translation } from './hooks';

/** A dialog around a form that has buttons of its own: it stays until one closes it. */
export class FormDialog extends Dialog<void> {
  constructor(title: string, form: JSX.Element, trans: TranslationBundle) {
    super({
      title,
      body: ReactWidget.create(
        <Translation.Provider value={trans}>{form}</Translation.Provider>
      ),
      buttons: [Dialog.cancelButton({ label: trans.__('Close') })],
      focusNodeSelector: 'input'
    });
    this.addClass('jp-Mlops-dialog');
    this.node.setAttribute('aria-label', title);
    // Until then the first input is still to get the focus, and what is typed may land in it.
    void this.ready.then(() => this.addClass('jp-mod-ready'));
  }

  /** Enter in the form is the form's own; a stray click beside it loses nothing of what it shows. */
  override handleEvent(event: Event): void {
    const target = event.target as HTMLElement;
    const isOwnEnter =
      event instanceof KeyboardEvent &&
      event.key === 'Enter' &&
      target.closest('.jp-Mlops-form') !== null;
    const isStray =
      event.type === 'click' && target.closest('.jp-Dialog-content') === null;
    if (!isOwnEnter && !isStray) {
      super.handleEvent(event);
    }
  }
}
