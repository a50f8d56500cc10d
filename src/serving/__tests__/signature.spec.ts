import { aVersionPage } from '../../__tests__/things';
import { asRow, columnProblem, columnsOf, exampleBody } from '../signature';

const PENGUINS = aVersionPage({
  signature: {
    inputs: JSON.stringify([
      { type: 'double', name: 'bill', required: true },
      { type: 'string', name: 'sex', required: false },
      { type: 'boolean', name: 'adult', required: true },
      { type: 'long', name: 'year', required: true }
    ])
  },
  has_input_example: true,
  input_example: {
    dataframe_split: {
      columns: ['bill', 'sex', 'adult', 'year'],
      data: [[39.1, 'male', true, 2007]]
    }
  }
});

test('columns have their types, and the input example’s first row', () => {
  expect(
    columnsOf(PENGUINS).map(({ name, example }) => [name, example])
  ).toEqual([
    ['bill', '39.1'],
    ['sex', 'male'],
    ['adult', 'true'],
    ['year', '2007']
  ]);
});

test('a row has values of the columns’ types, and lacks what is left out', () => {
  const texts: Record<string, string> = {
    bill: '40.5',
    sex: ' ',
    adult: 'false',
    year: '2009'
  };
  expect(asRow(columnsOf(PENGUINS), ({ name }) => texts[name])).toEqual({
    dataframe_split: {
      columns: ['bill', 'adult', 'year'],
      data: [[40.5, false, 2009]]
    }
  });
});

test.each([
  ['double', 'wide', 'not-a-number'],
  ['double', '1e-3', null],
  ['long', '1.5', 'not-whole'],
  ['double', '', 'missing'],
  ['string', '', null]
])('of the type %s, %j is %j', (type, text, problem) => {
  const column = { name: 'x', type, isRequired: true, example: '' };
  expect(columnProblem(column, text)).toBe(problem);
});

test.each([
  [{ inputs: [{ type: 'tensor', 'tensor-spec': { shape: [-1, 3] } }] }],
  [{ inputs: 'no JSON' }],
  [null]
])('a model of the signature %j is tried with a body', signature => {
  const version = aVersionPage({ signature, input_example: { inputs: [[1]] } });
  expect(columnsOf(version)).toEqual([]);
  expect(JSON.parse(exampleBody(version))).toEqual({ inputs: [[1]] });
});
