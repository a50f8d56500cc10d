import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import {
  PanelWithToolbar,
  ReactWidget,
  SidePanel
} from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { type ISignal, Signal } from '@lumino/signaling';
import type { AccordionPanel } from '@lumino/widgets';
import React from 'react';
import type { CellAddress } from '../cells/showCell';
import { CellsView } from '../cells/view';
import { mlopsIcon } from '../icons';
import { JobsView } from '../jobs/view';
import { ModelsView } from '../models/view';
import type { Inbox } from '../notifications/inbox';
import type { Recorders } from '../recording/recorders';
import type { INotebookStates, ITrackings } from '../tokens';
import { RunsView } from '../runs/view';
import { PanelHeader } from './header';
import { Translation } from './hooks';
import type { PanelModel } from './model';
import type { StatusModel } from './statusModel';

export interface IMlopsPanelOptions {
  model: PanelModel;
  inbox: Inbox;
  recorders: Recorders;
  states: INotebookStates;
  trackings: ITrackings;
  commands: CommandRegistry;
  translator: ITranslator;
  /** Bring a cell into view. */
  showCell: (address: CellAddress) => void;
}

/** The sections, in their order from the top. */
const SECTIONS = ['cells', 'runs', 'jobs', 'models'] as const;

/** How the height is shared out at first: what changes most gets most. */
const HEIGHTS = [5, 3, 2, 2];

export type SectionId = (typeof SECTIONS)[number];

/** The sidebar panel. */
export class MlopsPanel extends SidePanel {
  constructor(options: IMlopsPanelOptions) {
    super({ translator: options.translator });
    this._model = options.model;
    const trans = options.translator.load('jupyter_mlops');
    this.id = 'jupyter-mlops-panel';
    this.title.icon = mlopsIcon;
    this.title.caption = trans.__('MLOps');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('MLOps'));
    this.addClass('jp-Mlops');
    this.header.addWidget(
      view(
        trans,
        <PanelHeader
          model={this._model.status}
          inbox={options.inbox}
          commands={options.commands}
        />,
        'jp-Mlops-header'
      )
    );
    const { titles, bodies } = sections(options, trans);
    for (const id of SECTIONS) {
      const section = new PanelWithToolbar();
      section.title.label = titles[id];
      section.addClass('jp-Mlops-section');
      section.node.dataset.section = id;
      section.node.tabIndex = 0; // so that the keyboard can scroll a section that holds nothing but text
      section.addWidget(view(trans, bodies[id], 'jp-Mlops-sectionBody'));
      this.addWidget(section);
    }
    const accordion = this.content as AccordionPanel;
    accordion.setRelativeSizes(HEIGHTS);
    accordion.expansionToggled.connect(() =>
      this._folded.emit(
        SECTIONS.filter((_, index) => accordion.widgets[index].isHidden)
      )
    );
    this._model.status.changed.connect(this._onStatus, this);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._model.status.changed.disconnect(this._onStatus, this);
    }
    super.dispose();
  }

  /** Emitted with the sections that are folded, when one is folded or unfolded. */
  get folded(): ISignal<this, SectionId[]> {
    return this._folded;
  }

  /** Fold these sections, and unfold the others. */
  fold(ids: readonly SectionId[]): void {
    const accordion = this.content as AccordionPanel;
    SECTIONS.forEach((id, index) =>
      ids.includes(id) ? accordion.collapse(index) : accordion.expand(index)
    );
  }

  /** Unfold a section. */
  expand(id: SectionId): void {
    (this.content as AccordionPanel).expand(SECTIONS.indexOf(id));
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._model.setVisible(true);
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._model.setVisible(this.isVisible);
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this._model.setVisible(false);
  }

  /** Without a server part there is nothing to list, and nothing to wait for. */
  private _onStatus({ server, status }: StatusModel): void {
    const isBare = status === null && server !== 'asking';
    this.content.setHidden(isBare || server === 'missing');
  }

  private readonly _model: PanelModel;
  private readonly _folded = new Signal<this, SectionId[]>(this);
}

function sections(
  options: IMlopsPanelOptions,
  trans: TranslationBundle
): {
  titles: Record<SectionId, string>;
  bodies: Record<SectionId, JSX.Element>;
} {
  const { model, commands, showCell } = options;
  return {
    titles: {
      cells: trans.__('Cells'),
      runs: trans.__('Runs'),
      jobs: trans.__('Jobs'),
      models: trans.__('Models')
    },
    bodies: {
      cells: (
        <CellsView
          model={model.cells}
          recorders={options.recorders}
          states={options.states}
          trackings={options.trackings}
          commands={commands}
          onShow={showCell}
        />
      ),
      runs: <RunsView model={model.runs} commands={commands} />,
      jobs: <JobsView model={model.jobs} commands={commands} />,
      models: <ModelsView model={model.models} commands={commands} />
    }
  };
}

function view(
  trans: TranslationBundle,
  element: JSX.Element,
  className: string
): ReactWidget {
  const widget = ReactWidget.create(
    <Translation.Provider value={trans}>{element}</Translation.Provider>
  );
  widget.addClass(className);
  return widget;
}
