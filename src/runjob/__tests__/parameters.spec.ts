import { aParameter } from '../../__tests__/things';
import type { Parameter } from '../../api/types';
import {
  boundsInWords,
  defaultInWords,
  initialText,
  inputKind,
  readEntry
} from '../parameters';

const UNCHANGED = { kind: 'unchanged' };

function entry(given: Partial<Parameter>, text: string) {
  return readEntry(aParameter(given), text);
}

describe('readEntry', () => {
  it('sends nothing for what was not touched, whatever the default', () => {
    const defaults: Partial<Parameter>[] = [
      { type: 'float', default: 1 },
      { type: 'str', default: 'a' },
      { type: 'str', default: null, nullable: true },
      { type: 'bool', default: true },
      { type: 'list', default: [1, 2] },
      { type: 'dict', default: { a: 1 } },
      { type: 'any', default: null },
      { type: 'int', default: null, expression: 'os.cpu_count()' },
      { type: 'str', default: 'b', choices: ['a', 'b'] }
    ];
    for (const given of defaults) {
      const parameter = aParameter(given);
      expect(readEntry(parameter, initialText(parameter))).toEqual(UNCHANGED);
    }
  });

  it('sends nothing for another spelling of the default', () => {
    expect(entry({ type: 'float', default: 1 }, '1.00')).toEqual(UNCHANGED);
    expect(entry({ type: 'list', default: [1, 2] }, '[1,2]')).toEqual(
      UNCHANGED
    );
  });

  it('never shows or sends an expression', () => {
    const parameter = aParameter({ default: null, expression: '2 ** 8' });
    expect(initialText(parameter)).toBe('');
    expect(readEntry(parameter, '')).toEqual(UNCHANGED);
    expect(readEntry(parameter, '3')).toEqual({ kind: 'value', value: 3 });
  });

  it.each([
    ['int', '7', 7],
    ['int', '-12', -12],
    ['float', '1e-3', 0.001],
    ['float', '.5', 0.5],
    ['str', '007', '007'],
    ['list', '["a"]', ['a']],
    ['dict', '{"a": 1}', { a: 1 }],
    ['any', '{"a": 1}', { a: 1 }],
    ['any', 'plain words', 'plain words']
  ] as const)('reads a %s from %s', (type, text, value) => {
    expect(entry({ type, default: null }, text)).toEqual({
      kind: 'value',
      value
    });
  });

  it.each([
    ['int', '1.5', 'not-an-integer'],
    ['int', 'seven', 'not-an-integer'],
    ['int', '99999999999999999999', 'too-large-to-be-exact'],
    ['float', '0,5', 'not-a-number'],
    ['float', 'Infinity', 'not-a-number'],
    ['list', '[1', 'not-json'],
    ['list', '{}', 'not-a-list'],
    ['dict', '[]', 'not-a-dict'],
    ['dict', 'null', 'not-a-dict']
  ] as const)('refuses a %s from %s', (type, text, reason) => {
    expect(entry({ type, default: null }, text)).toEqual({
      kind: 'invalid',
      reason
    });
  });

  it('takes an emptied number as the default, or as None where None may be', () => {
    expect(entry({ type: 'int', default: 3 }, '')).toEqual(UNCHANGED);
    expect(entry({ type: 'int', default: 3, nullable: true }, '')).toEqual({
      kind: 'value',
      value: null
    });
  });

  it('takes an emptied text as the empty text', () => {
    expect(entry({ type: 'str', default: 'a' }, '')).toEqual({
      kind: 'value',
      value: ''
    });
  });

  it('sends the choice itself, of whatever type', () => {
    const parameter = aParameter({
      type: 'int',
      default: 2,
      choices: [1, 2, 3]
    });
    expect(inputKind(parameter)).toBe('choice');
    expect(initialText(parameter)).toBe('1');
    expect(readEntry(parameter, '2')).toEqual({ kind: 'value', value: 3 });
  });

  it('offers both truth values where the default is none of them', () => {
    const parameter = aParameter({
      type: 'bool',
      default: null,
      expression: 'DEBUG'
    });
    expect(inputKind(parameter)).toBe('choice');
    expect(readEntry(parameter, '1')).toEqual({ kind: 'value', value: false });
  });
});

describe('defaultInWords', () => {
  it.each([
    [{ type: 'float', default: 1 }, '1.0'],
    [{ type: 'int', default: 1 }, '1'],
    [{ type: 'bool', default: false }, 'False'],
    [{ type: 'str', default: 'a' }, '"a"'],
    [{ type: 'str', default: null }, 'None'],
    [{ type: 'int', default: null, expression: '2 ** 8' }, '2 ** 8']
  ] as [Partial<Parameter>, string][])('of %j is %s', (given, words) => {
    expect(defaultInWords(aParameter(given))).toBe(words);
  });
});

test('a number out of its bounds is not sent, and the bounds are told', () => {
  const bounded: Partial<Parameter> = {
    name: 'C',
    exclusive_minimum: 0,
    maximum: 10
  };
  expect(boundsInWords(aParameter(bounded))).toBe('0 < C ≤ 10');
  expect(boundsInWords(aParameter())).toBeNull();
  for (const [text, kind] of [
    ['0', 'invalid'],
    ['0.01', 'value'],
    ['10', 'value'],
    ['10.5', 'invalid']
  ]) {
    expect(entry(bounded, text).kind).toBe(kind);
  }
});
