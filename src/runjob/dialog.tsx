import { Dialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import { AcceptingDialog } from '../panel/acceptingDialog';
import { Translation } from '../panel/hooks';
import type { RunJobForm, Submitted } from './form';
import { RunJobFormView } from './formView';

/** The form in a modal frame. */
export class RunJobDialog extends AcceptingDialog {
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
      focusNodeSelector: 'input, textarea, select',
      accept: () => this._submit()
    });
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

  protected override focusProblem(): void {
    const input = this.node.querySelector<HTMLElement>('[aria-invalid="true"]');
    const notices = this.node.querySelectorAll('.jp-Mlops-notice');
    const notice =
      notices[this._form.findings.length > 0 ? notices.length - 1 : 0];
    input?.focus();
    (input ?? notice)?.scrollIntoView({ block: 'center' });
  }

  private async _submit(): Promise<boolean> {
    this._submitted = await this._form.submit();
    return this._submitted !== null;
  }

  private _onFormChanged(): void {
    this.setAccept(this._acceptLabel(), !this._form.isSubmitting);
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
