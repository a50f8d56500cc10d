import { AnsweringServer } from '../../__tests__/server';
import { aRun } from '../../__tests__/things';
import { RunSelection } from '../selection';

const REFUSAL = {
  message: 'It is running.',
  code: 'conflict',
  field: 'run',
  hint: null
};

describe('RunSelection', () => {
  it('asks for many runs in as few calls as the server takes, and keeps the refused ones', async () => {
    const runs = Array.from({ length: 201 }, (_, n) => aRun({ id: `r${n}` }));
    const server = new AnsweringServer({
      'POST /runs/bulk': ({ body }: any) => ({
        items: body.ids.map((id: string) => ({
          id,
          run: null,
          problem: id === 'r200' ? REFUSAL : null
        }))
      })
    });
    const selection = new RunSelection(server.client);
    selection.set(runs, true);
    const { done, problems } = await selection.apply('delete', runs);
    expect(server.seen.map(({ body }) => body.ids.length)).toEqual([200, 1]);
    expect([done, problems]).toEqual([200, [REFUSAL]]);
    expect(selection.of(runs)).toEqual([runs[200]]);
  });

  it('forgets the marks when it is left', () => {
    const selection = new RunSelection(new AnsweringServer().client);
    selection.isOn = true;
    selection.set([aRun()], true);
    selection.isOn = false;
    selection.isOn = true;
    expect(selection.has(aRun())).toBe(false);
  });
});
