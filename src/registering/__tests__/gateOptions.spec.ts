import type { GateKind } from '../../api/types';
import { optionsOf, readOption } from '../gateOptions';

function aKind(properties: object, required: string[] = []): GateKind {
  return {
    kind: 'metric',
    summary: 'A metric within bounds.',
    before: 'register',
    steps: ['register'],
    options: { type: 'object', properties, required }
  };
}

test.each([
  [{ type: 'string' }, 'text'],
  [{ type: 'number', minimum: 0 }, 'number'],
  [{ type: ['number', 'null'] }, 'number'],
  [{ type: 'integer', default: 30 }, 'whole'],
  [{ type: 'boolean' }, 'checkbox'],
  [{ type: 'string', enum: ['a', 'b'] }, 'choice'],
  [{ type: 'array', items: { type: 'string' } }, 'list'],
  [{ anyOf: [{ type: 'number' }, { type: 'null' }] }, 'number'],
  [{ type: 'object' }, 'json']
])('an option of the schema %j is asked for by %s', (schema, input) => {
  expect(optionsOf(aKind({ x: schema }))[0].input).toBe(input);
});

test('what must be given comes first', () => {
  const options = optionsOf(
    aKind({ min: { type: 'number' }, metric: { type: 'string' } }, ['metric'])
  );
  expect(options.map(({ name }) => name)).toEqual(['metric', 'min']);
});

test.each([
  [{ type: 'number' }, ' 0.9 ', { kind: 'value', value: 0.9 }],
  [{ type: 'number' }, 'much', { kind: 'invalid', problem: 'not-a-number' }],
  [{ type: 'number' }, '', { kind: 'left' }],
  [{ type: 'integer', default: 30 }, '30', { kind: 'left' }],
  [{ type: 'integer' }, '1.5', { kind: 'invalid', problem: 'not-whole' }],
  [{ type: 'boolean', default: false }, 'false', { kind: 'left' }],
  [{ type: 'boolean', default: false }, 'true', { kind: 'value', value: true }],
  [
    { type: 'array', items: { type: 'string' } },
    'sex, island,',
    { kind: 'value', value: ['sex', 'island'] }
  ],
  [{ type: 'object' }, '{"a": 1}', { kind: 'value', value: { a: 1 } }],
  [{ type: 'object' }, '{a}', { kind: 'invalid', problem: 'not-json' }]
])('of the schema %j, the text %j is %j', (schema, text, entry) => {
  const [option] = optionsOf(aKind({ x: schema }));
  expect(readOption(option, text)).toEqual(entry);
});

test('what must be given is missed', () => {
  const [option] = optionsOf(aKind({ metric: { type: 'string' } }, ['metric']));
  expect(readOption(option, '  ')).toEqual({
    kind: 'invalid',
    problem: 'missing'
  });
});
