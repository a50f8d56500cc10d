import type { LiveEvent } from '../api/types';

export type OutputName = NonNullable<LiveEvent['name']>;

/** Text that a cell has put out, in one piece as long as it is of one kind. */
export interface IOutputPiece {
  key: number;
  name: OutputName;
  text: string;
}

const MAX_CHARACTERS = 20_000;
const MAX_LINE = 2_000;

/** The last of what a run has put out: bounded, however much comes. */
export class OutputTail {
  get pieces(): readonly IOutputPiece[] {
    return this._pieces;
  }

  /** Whether something before what is kept was let go. */
  get isCut(): boolean {
    return this._isCut;
  }

  get isEmpty(): boolean {
    return this._pieces.length === 0;
  }

  add(name: OutputName, text: string, dropped = 0): void {
    this._isCut = this._isCut || dropped > 0;
    const last = this._pieces[this._pieces.length - 1];
    const isStream = name === 'stdout' || name === 'stderr';
    if (last && isStream && last.name === name) {
      const whole = { ...last, text: overwrite(last.text + text) };
      this._pieces = [...this._pieces.slice(0, -1), whole];
    } else {
      const separated = last && !last.text.endsWith('\n') ? `\n${text}` : text;
      const piece = { key: this._nextKey++, name, text: overwrite(separated) };
      this._pieces = [...this._pieces, piece];
    }
    this._cut();
  }

  clear(): void {
    this._pieces = [];
    this._isCut = false;
  }

  private _cut(): void {
    let excess =
      this._pieces.reduce((sum, { text }) => sum + text.length, 0) -
      MAX_CHARACTERS;
    while (excess > 0) {
      this._isCut = true;
      const [first, ...rest] = this._pieces;
      if (first.text.length <= excess) {
        this._pieces = rest;
        excess -= first.text.length;
      } else {
        const lineEnd = first.text.indexOf('\n', excess);
        const from =
          lineEnd >= 0 && lineEnd - excess < MAX_LINE ? lineEnd + 1 : excess;
        this._pieces = [{ ...first, text: first.text.slice(from) }, ...rest];
        excess = 0;
      }
    }
  }

  private _pieces: readonly IOutputPiece[] = [];
  private _isCut = false;
  private _nextKey = 0;
}

/** Lines that were written over by a carriage return, as progress bars do, show what came last. */
function overwrite(text: string): string {
  return text.includes('\r')
    ? text.replace(/\r+\n/g, '\n').replace(/[^\n]*\r(?=[^\n])/g, '')
    : text;
}
