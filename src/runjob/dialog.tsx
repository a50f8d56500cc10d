import { Dialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import { Translation } from '../panel/hooks';
import type { RunJobForm, Submitted } from './form';
import { RunJobFormView } from './formView';

const ACCEPT = 1;

/**
 * The form in a modal frame that stays open until the server accepts, or one cancels.
 *
 * A plain dialog closes on its accept button, whatever comes of it.
 */
export class RunJobDialog extends Dialog<void> {
  constructor(
    private readonly _form: RunJobForm,
    private readonly _trans: TranslationBundle,
    offers: {
      modelNames: readonly string[];
      jobNames: readonly string[];
      channels: readonly string[];
    }
  ) {
    super({
      title: _trans.__(
        'Run “%1” as a job',
        PathExt.basename(_form.inspection.notebook)
      ),
      body: ReactWidget.create(
        <Translation.Provider value={_trans}>
          <RunJobFormView form={_form} {...offers} />
        </Translation.Provider>
      ),
      buttons: [
        Dialog.cancelButton(),
        Dialog.okButton({ label: _trans.__('Run now') })
      ],
      defaultButton: ACCEPT,
      focusNodeSelector: 'input, textarea, select'
    });
    this.addClass('jp-Mlops-dialog');
    this.node.setAttribute('aria-label', this._trans.__('Run as job'));
    this._form.changed.connect(this._onFormChanged, this);
  }

  /** What the form made, or null when it was cancelled. */
  get submitted(): Submitted | null {
    return this._submitted;
  }

  override dispose(): void {
    this._form.changed.disconnect(this._onFormChanged, this);
    super.dispose();
  }

  override resolve(index: number = ACCEPT): void {
    if (index === ACCEPT) {
      void this._submit();
    } else {
      super.resolve(index);
    }
  }

  /** Keep Enter for what has the focus, and what was typed from a stray click beside the form. */
  override handleEvent(event: Event): void {
    if (isOwnEnter(event)) {
      return;
    }
    const content = this.node.querySelector('.jp-Dialog-content')!;
    if (event.type === 'click' && !content.contains(event.target as Node)) {
      event.stopPropagation();
      event.preventDefault();
      return;
    }
    super.handleEvent(event);
  }

  private async _submit(): Promise<void> {
    this._submitted = await this._form.submit();
    if (this._submitted) {
      super.resolve(ACCEPT);
    } else {
      requestAnimationFrame(() => this._focusProblem());
    }
  }

  private _focusProblem(): void {
    const input = this.node.querySelector<HTMLElement>('[aria-invalid="true"]');
    const notices = this.node.querySelectorAll('.jp-Mlops-notice');
    const notice =
      notices[this._form.findings.length > 0 ? notices.length - 1 : 0];
    input?.focus();
    (input ?? notice)?.scrollIntoView({ block: 'center' });
  }

  private _onFormChanged(): void {
    const accept = this.node.querySelector<HTMLButtonElement>('.jp-mod-accept');
    const label = accept?.querySelector('.jp-Dialog-buttonLabel');
    if (!accept || !label) {
      return;
    }
    accept.disabled = this._form.isSubmitting;
    const text = this._acceptLabel();
    label.textContent = text;
    accept.setAttribute('aria-label', text);
  }

  private _acceptLabel(): string {
    const { isSubmitting, isSentAnyway, when, runCount } = this._form;
    if (isSubmitting) {
      return this._trans.__('Sending…');
    }
    if (when === 'now') {
      return isSentAnyway
        ? this._trans.__('Run anyway')
        : runCount > 0
          ? this._trans._n('Run %1 now', 'Run %1 now', runCount)
          : this._trans.__('Run now');
    }
    return isSentAnyway
      ? this._trans.__('Make it anyway')
      : when === 'schedule'
        ? this._trans.__('Schedule')
        : this._trans.__('Make the job');
  }

  private _submitted: Submitted | null = null;
}

/** Whether an Enter means something to the element that has the focus. */
function isOwnEnter(event: Event): boolean {
  if (!(event instanceof KeyboardEvent) || event.key !== 'Enter') {
    return false;
  }
  const target = event.target as HTMLElement;
  return target.matches('textarea, select, summary, input[list]');
}
