import { StateDB } from '@jupyterlab/statedb';
import { Signal } from '@lumino/signaling';
import { rememberFolding } from '../folding';
import type { SectionId } from '../widget';

class Foldable {
  readonly folded = new Signal<any, SectionId[]>(this);
  readonly asked: (readonly SectionId[])[] = [];

  fold(ids: readonly SectionId[]): void {
    this.asked.push(ids);
  }
}

describe('rememberFolding', () => {
  it('leaves a panel that was never folded as it is', async () => {
    const panel = new Foldable();
    await rememberFolding(panel, new StateDB());
    expect(panel.asked).toEqual([]);
  });

  it('folds the next panel as this one was left', async () => {
    const state = new StateDB();
    const panel = new Foldable();
    await rememberFolding(panel, state);
    panel.folded.emit(['jobs']);
    panel.folded.emit(['jobs', 'models']);
    const next = new Foldable();
    await rememberFolding(next, state);
    expect(next.asked).toEqual([['jobs', 'models']]);
  });
});
