import type { Cell } from '@jupyterlab/cells';
import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { NotebookState } from '../honesty/notebookState';
import { makeBadge, renderBadge } from './badge';
import { badgeFacts, type IBadgeFacts } from './facts';

/**
 * The badges of one notebook.
 *
 * A cell that was never in view has no prompt to put a badge at: it gets its badge once it is drawn.
 */
export class NotebookBadges implements IDisposable {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _state: NotebookState,
    private readonly _trans: TranslationBundle
  ) {
    this._state.changed.connect(this._onJudged, this);
    this._notebook.modelContentChanged.connect(this._onContent, this);
    this._panel.disposed.connect(this.dispose, this);
    this._onJudged();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._state.changed.disconnect(this._onJudged, this);
    this._panel.disposed.disconnect(this.dispose, this);
    if (!this._panel.isDisposed) {
      this._notebook.modelContentChanged.disconnect(this._onContent, this);
      this._notebook.widgets.forEach(cell => this._badges.get(cell)?.remove());
    }
  }

  private get _notebook(): Notebook {
    return this._panel.content;
  }

  private _onJudged(): void {
    this._facts = badgeFacts(this._state.session?.cells ?? [], this._trans);
    this._render();
  }

  /** A cell that was moved, or is back after its deletion, has a new widget. */
  private _onContent(): void {
    if (this._notebook.widgets.some(cell => !this._met.has(cell))) {
      this._render();
    }
  }

  private _render(): void {
    for (const cell of this._notebook.widgets) {
      this._met.add(cell);
      if (cell.model.type === 'code') {
        this._renderCell(cell);
      }
    }
  }

  private _renderCell(cell: Cell): void {
    if (cell.isPlaceholder()) {
      this._renderOnceDrawn(cell);
      return;
    }
    const facts = this._facts.get(cell.model.id) ?? null;
    const known = this._badges.get(cell);
    if (known || facts) {
      renderBadge(known ?? this._attach(cell), facts);
    }
  }

  private _renderOnceDrawn(cell: Cell): void {
    if (this._awaited.has(cell)) {
      return;
    }
    this._awaited.add(cell);
    void cell.ready.then(() => {
      if (!this._isDisposed && !cell.isDisposed) {
        this._renderCell(cell);
      }
    });
  }

  private _attach(cell: Cell): HTMLElement {
    const badge = makeBadge();
    // Beside the input area, which cuts off what stands out of it.
    cell.inputArea!.parent!.node.append(badge);
    this._badges.set(cell, badge);
    return badge;
  }

  private _facts = new Map<string, IBadgeFacts>();
  private readonly _badges = new WeakMap<Cell, HTMLElement>();
  private readonly _awaited = new WeakSet<Cell>();
  private readonly _met = new WeakSet<Cell>();
  private _isDisposed = false;
}
