import { aParameter } from '../../__tests__/things';
import { MatrixDraft, readValues } from '../matrix';

const C = aParameter({ name: 'C', type: 'float', default: 1, minimum: 0 });
const SOLVER = aParameter({
  name: 'solver',
  type: 'str',
  default: 'lbfgs',
  choices: ['lbfgs', 'saga']
});

describe('readValues', () => {
  it.each([
    [C, '0.1, 1,10', [0.1, 1, 10]],
    [C, '1, 1.0, 1', [1]],
    [aParameter({ type: 'int', default: 7 }), '7, 8', [7, 8]],
    [aParameter({ type: 'str', default: 'a' }), 'a, b c', ['a', 'b c']],
    [SOLVER, 'saga, LBFGS', ['saga', 'lbfgs']],
    [aParameter({ type: 'bool', default: true }), 'true, False', [true, false]],
    [aParameter({ type: 'list', default: [] }), '[1, 2], [3]', [[1, 2], [3]]]
  ] as const)(
    'reads %# from what stands between commas',
    (parameter, text, values) => {
      expect(readValues(parameter, text)).toEqual({ kind: 'values', values });
    }
  );

  it.each([
    [C, '1, half', 'not-a-number'],
    [C, '1,', 'not-a-number'],
    [C, '-1', 'out-of-bounds'],
    [SOLVER, 'adam', 'not-a-choice'],
    [aParameter({ type: 'list', default: [] }), '[1', 'not-json'],
    [aParameter({ type: 'list', default: [] }), '1', 'not-a-list']
  ] as const)('refuses %# with the reason', (parameter, text, reason) => {
    expect(readValues(parameter, text)).toEqual({ kind: 'invalid', reason });
  });

  it('has no values where nothing is typed', () => {
    expect(readValues(C, ' ')).toBeNull();
  });
});

describe('MatrixDraft', () => {
  it('counts the combinations, and holds back what are too many', () => {
    const draft = new MatrixDraft([C, SOLVER]);
    expect([draft.count, draft.isValid]).toEqual([0, true]);
    draft.setText(C, '1,2,3');
    draft.setText(SOLVER, 'lbfgs, saga');
    expect([draft.count, draft.isValid]).toEqual([6, true]);
    draft.setText(C, Array.from({ length: 51 }, (_, n) => n).join());
    expect([draft.count, draft.isValid]).toEqual([102, false]);
  });
});
