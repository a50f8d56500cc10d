import { MainAreaWidget } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import { mlopsIcon } from '../icons';
import { Translation } from '../panel/hooks';
import type { ModelPageModel } from './model';
import { ModelPageView } from './view';

/** A registered model in the main area. */
export class ModelPageWidget extends MainAreaWidget<ReactWidget> {
  constructor(
    readonly model: ModelPageModel,
    commands: CommandRegistry,
    rendermime: IRenderMimeRegistry,
    trans: TranslationBundle
  ) {
    super({
      content: ReactWidget.create(
        <Translation.Provider value={trans}>
          <ModelPageView
            model={model}
            commands={commands}
            rendermime={rendermime}
          />
        </Translation.Provider>
      )
    });
    this.id = `jupyter-mlops-model-${model.name}`;
    this.title.label = model.name;
    this.title.caption = trans.__('Registered model %1', model.name);
    this.title.icon = mlopsIcon;
    this.title.closable = true;
    this.toolbar.hide();
    this.content.addClass('jp-Mlops');
    this.content.addClass('jp-Mlops-modelPage');
    this.content.node.setAttribute('role', 'region');
    this.content.node.setAttribute('aria-label', this.title.caption);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.model.dispose();
    }
    super.dispose();
  }
}
