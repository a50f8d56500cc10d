import { ApiError } from '../../api/problem';
import { LogDraft } from '../logDraft';
import type { ILoggedValue } from '../types';

function aDraft(typed: Partial<ILoggedValue>, refusal?: Error) {
  const sent: ILoggedValue[] = [];
  const draft = new LogDraft(async logged => {
    if (refusal) {
      throw refusal;
    }
    sent.push(logged);
  });
  draft.set(typed);
  return { draft, sent };
}

describe('LogDraft', () => {
  it('sends what is right, without the spaces around it', async () => {
    const { draft, sent } = aDraft({ name: ' accuracy ', value: ' 9.3e-1 ' });
    expect(await draft.submit()).toBe(true);
    expect(sent).toEqual([
      { kind: 'metric', name: 'accuracy', value: '9.3e-1' }
    ]);
  });

  it.each([
    [{ name: '', value: '1' }, 'no-name', null],
    [{ name: 'a*b', value: '1' }, 'odd-name', null],
    [{ name: 'a', value: ' ' }, null, 'no-value'],
    [{ name: 'a', value: 'ridge' }, null, 'not-a-number'],
    [{ name: 'a', value: '0x10' }, null, 'not-a-number'],
    [{ name: 'a', value: '1e999' }, null, 'not-a-number'],
    [
      { kind: 'param', name: 'a', value: 'x'.repeat(6001) },
      null,
      'too-long'
    ] as const
  ] as const)('refuses %j beside the field', async (typed, name, value) => {
    const { draft, sent } = aDraft(typed);
    expect([draft.faultOf('name'), draft.faultOf('value')]).toEqual([
      null,
      null
    ]);
    expect(await draft.submit()).toBe(false);
    expect([draft.faultOf('name'), draft.faultOf('value')]).toEqual([
      name,
      value
    ]);
    expect(sent).toEqual([]);
  });

  it('takes a text as a parameter and as a tag', async () => {
    for (const kind of ['param', 'tag'] as const) {
      const { draft, sent } = aDraft({ kind, name: 'größe/1', value: 'ridge' });
      expect(await draft.submit()).toBe(true);
      expect(sent).toHaveLength(1);
    }
  });

  it('shows what the kernel refused where it belongs, until something is typed', async () => {
    const problem = { message: 'No.', code: 'c', field: 'name', hint: null };
    const { draft } = aDraft(
      { name: 'a', value: '1' },
      new ApiError(problem, 0)
    );
    expect(await draft.submit()).toBe(false);
    expect(draft.problemOf('name')).toBe(problem);
    expect(draft.generalProblem).toBeNull();
    draft.set({ name: 'b' });
    expect(draft.problemOf('name')).toBeNull();
  });
});
