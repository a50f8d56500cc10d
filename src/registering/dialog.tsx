import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import { isOnItsWay } from '../models/words';
import { AcceptingDialog } from '../panel/acceptingDialog';
import { Translation } from '../panel/hooks';
import type { RegisterForm } from './registerForm';
import { RegisterView } from './registerView';

/** “Register…”: the form, then the way of what it sent, in one modal frame. */
export class RegisterDialog extends AcceptingDialog {
  constructor(
    private readonly _form: RegisterForm,
    private readonly _trans: TranslationBundle,
    modelNames: readonly string[]
  ) {
    super({
      title: _trans.__('Register the model of “%1”', _form.run.job_name),
      body: ReactWidget.create(
        <Translation.Provider value={_trans}>
          <RegisterView form={_form} modelNames={modelNames} />
        </Translation.Provider>
      ),
      buttons: [
        Dialog.cancelButton({ label: _trans.__('Close') }),
        Dialog.okButton({ label: _trans.__('Register') })
      ],
      focusNodeSelector: 'input',
      accept: () => this._press()
    });
    this.node.setAttribute('aria-label', _trans.__('Register a model'));
    this._form.changed.connect(this._onFormChanged, this);
  }

  /** Whether one asked to see the model's page. */
  get isPageAsked(): boolean {
    return this._isPageAsked;
  }

  override dispose(): void {
    this._form.changed.disconnect(this._onFormChanged, this);
    super.dispose();
  }

  private async _press(): Promise<boolean> {
    if (this._form.registration === null) {
      await this._form.submit();
      return false;
    }
    if (this._isRefused) {
      this._form.reopen();
      return false;
    }
    this._isPageAsked = true;
    return true;
  }

  private get _isRefused(): boolean {
    const state = this._form.registration?.state;
    return state === 'refused' || state === 'failed';
  }

  private _onFormChanged(): void {
    const { registration, isSending } = this._form;
    const isUnderWay = registration !== null && isOnItsWay(registration);
    this.setAccept(
      registration === null
        ? isSending
          ? this._trans.__('Sending…')
          : this._trans.__('Register')
        : this._isRefused
          ? this._trans.__('Change and try again')
          : this._trans.__('Open the model’s page'),
      !isSending && !(isUnderWay && registration.version === null)
    );
  }

  private _isPageAsked = false;
}
