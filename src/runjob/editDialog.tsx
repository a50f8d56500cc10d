import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import { AcceptingDialog } from '../panel/acceptingDialog';
import { Translation } from '../panel/hooks';
import type { EditJobForm } from './editForm';
import { EditJobFormView } from './editView';

/** The form of a job that is being changed, in a modal frame. */
export class EditJobDialog extends AcceptingDialog {
  constructor(
    private readonly _form: EditJobForm,
    private readonly _trans: TranslationBundle,
    offers: { modelNames: readonly string[]; channels: readonly string[] }
  ) {
    super({
      title: _trans.__('Edit %1', _form.job.name),
      body: ReactWidget.create(
        <Translation.Provider value={_trans}>
          <EditJobFormView form={_form} {...offers} />
        </Translation.Provider>
      ),
      buttons: [
        Dialog.cancelButton(),
        Dialog.okButton({ label: _trans.__('Save') })
      ],
      focusNodeSelector: 'input, textarea, select',
      accept: async () => (await _form.submit()) !== null
    });
    this.node.setAttribute('aria-label', _trans.__('Edit job'));
    _form.changed.connect(this._onFormChanged, this);
  }

  override dispose(): void {
    this._form.changed.disconnect(this._onFormChanged, this);
    super.dispose();
  }

  private _onFormChanged(): void {
    const { isSubmitting } = this._form;
    this.setAccept(
      isSubmitting ? this._trans.__('Saving…') : this._trans.__('Save'),
      !isSubmitting
    );
  }
}
