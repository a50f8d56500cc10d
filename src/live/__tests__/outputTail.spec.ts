import { OutputTail } from '../outputTail';

function textOf(tail: OutputTail): string {
  return tail.pieces.map(({ text }) => text).join('');
}

describe('OutputTail', () => {
  it('joins what one stream has written, and parts the streams', () => {
    const tail = new OutputTail();
    tail.add('stdout', 'epoch 1');
    tail.add('stdout', ' done\n');
    tail.add('stderr', 'careful\n');
    expect(tail.pieces.map(({ name, text }) => [name, text])).toEqual([
      ['stdout', 'epoch 1 done\n'],
      ['stderr', 'careful\n']
    ]);
  });

  it('begins a result on a line of its own', () => {
    const tail = new OutputTail();
    tail.add('stdout', 'no end of line');
    tail.add('result', '42');
    expect(textOf(tail)).toBe('no end of line\n42');
  });

  it('holds a bounded end of an endless output, from a whole line on', () => {
    const tail = new OutputTail();
    for (let line = 0; line < 20_000; line++) {
      tail.add('stdout', `line ${line}\n`);
    }
    const text = textOf(tail);
    expect(text.length).toBeLessThanOrEqual(20_000);
    expect(text.endsWith('line 19999\n')).toBe(true);
    expect(text).toMatch(/^line \d+\n/);
    expect(tail.isCut).toBe(true);
  });

  it('holds the end of one endless line', () => {
    const tail = new OutputTail();
    tail.add('stdout', 'x'.repeat(100_000) + 'end');
    expect(textOf(tail).length).toBe(20_000);
    expect(textOf(tail).endsWith('xend')).toBe(true);
  });

  it('says that the server has let something go', () => {
    const tail = new OutputTail();
    tail.add('stdout', 'late\n', 1_000);
    expect(tail.isCut).toBe(true);
  });

  it('shows a progress bar as it was written last', () => {
    const tail = new OutputTail();
    tail.add('stderr', '\r 10%');
    tail.add('stderr', '\r 20%');
    tail.add('stderr', '\r100%\r\ndone\n');
    expect(textOf(tail)).toBe('100%\ndone\n');
  });
});
