import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { aCellState, aSessionState } from '../../__tests__/things';
import { NotebookBadges } from '../notebookBadges';

/** A cell that has no parts before it is drawn, as JupyterLab's. */
class Cell {
  constructor(readonly id: string) {
    this.model = { id, type: 'code' };
    this.ready = new Promise(resolve => (this._isReady = resolve));
  }

  readonly model: { id: string; type: string };
  readonly ready: Promise<void>;
  readonly isDisposed = false;
  readonly wrapper = document.createElement('div');
  inputArea: object | undefined;

  isPlaceholder(): boolean {
    return this.inputArea === undefined;
  }

  draw(): this {
    this.inputArea = { parent: { node: this.wrapper } };
    this._isReady();
    return this;
  }

  get shown(): string[] {
    const badges = [...this.wrapper.querySelectorAll<HTMLElement>('div')];
    return badges.filter(badge => !badge.hidden).map(badge => badge.innerText);
  }

  private _isReady: () => void = () => undefined;
}

function aNotebook(...cells: Cell[]) {
  const state: any = {
    session: aSessionState({
      cells: [...'abc'].map(cell => aCellState({ cell }))
    })
  };
  state.changed = new Signal(state);
  const content: any = { widgets: cells };
  content.modelContentChanged = new Signal(content);
  const panel: any = { content, isDisposed: false };
  panel.disposed = new Signal(panel);
  const badges = new NotebookBadges(
    panel,
    state,
    nullTranslator.load('jupyter_mlops')
  );
  return { badges, content, state };
}

describe('NotebookBadges', () => {
  it('puts a badge at each cell that was recorded, and at no other', () => {
    const recorded = new Cell('a').draw();
    const other = new Cell('other').draw();
    aNotebook(recorded, other);
    expect([recorded.shown.length, other.shown.length]).toEqual([1, 0]);
  });

  it('puts it there once a cell is drawn, and once only', async () => {
    const late = new Cell('b');
    const { state } = aNotebook(new Cell('a').draw(), late);
    state.changed.emit();
    late.draw();
    await late.ready;
    state.changed.emit();
    expect(late.wrapper.childElementCount).toBe(1);
  });

  it('gives a cell that was moved, and so made anew, its badge', () => {
    const { content } = aNotebook(new Cell('a').draw());
    const anew = new Cell('a').draw();
    content.widgets = [anew];
    content.modelContentChanged.emit();
    expect(anew.shown.length).toBe(1);
  });

  it('takes away what is no longer recorded, and all of it in the end', () => {
    const cell = new Cell('a').draw();
    const { badges, state } = aNotebook(cell);
    state.session = null;
    state.changed.emit();
    expect(cell.shown).toEqual([]);
    badges.dispose();
    expect(cell.wrapper.childElementCount).toBe(0);
  });
});
