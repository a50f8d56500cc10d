import { AnsweringServer, refusal } from '../../__tests__/server';
import { anInspection, aRun } from '../../__tests__/things';
import { readEnvironment } from '../environment';
import { RunJobForm } from '../form';

test('variables are read a line, with references and all that is after the first =', () => {
  const text =
    '# the database\nDB_HOST = db.example.org\r\n\n  DB_PASSWORD=secret://db-password  \nQUERY=a=b # c\nEMPTY=';
  expect(readEnvironment(text)).toEqual({
    values: {
      DB_HOST: 'db.example.org',
      DB_PASSWORD: 'secret://db-password',
      QUERY: 'a=b # c',
      EMPTY: ''
    }
  });
  expect(readEnvironment(' \n\n')).toEqual({ values: {} });
});

test.each([
  ['A=1\nB', 2, 'no-equals'],
  ['=1', 1, 'not-a-name'],
  ['1A=1', 1, 'not-a-name'],
  ['A B=1', 1, 'not-a-name'],
  ['Ä=1', 1, 'not-a-name'],
  [`${'A'.repeat(101)}=1`, 1, 'not-a-name'],
  ['A=1\n\nA=2', 3, 'twice'],
  ['A=secret://', 1, 'not-a-reference'],
  ['A=secret://../x', 1, 'not-a-reference'],
  ['A=secret://a b', 1, 'not-a-reference'],
  ['A=Secret://a', 1, 'not-a-reference']
])('“%s” is wrong in line %s: %s', (text, line, reason) => {
  expect(readEnvironment(text)).toEqual({ problem: { line, reason } });
});

test('names that objects have of themselves are names like others', () => {
  expect(readEnvironment('constructor=1\n__proto__=2')).toEqual({
    values: Object.fromEntries([
      ['constructor', '1'],
      ['__proto__', '2']
    ])
  });
});

describe('RunJobForm', () => {
  it('sends the environment, once every line of it is right', async () => {
    const server = new AnsweringServer({ 'POST /runs': aRun() });
    const form = new RunJobForm(server.client, anInspection({}));
    expect(form.request).not.toHaveProperty('environment');
    form.environment = 'A';
    expect(form.isValid).toBe(false);
    expect(await form.submit()).toBeNull();
    form.environment = 'A=secret://a';
    await form.submit();
    expect(server.calls('POST /runs')[0].body).toMatchObject({
      environment: { A: 'secret://a' }
    });
  });

  it('shows what the server refuses at its input until that is changed', async () => {
    const refused = refusal(
      'environment.DB_PASSWORD',
      'DB_PASSWORD seems to be a secret.'
    );
    const server = new AnsweringServer({ 'POST /runs': refused });
    const form = new RunJobForm(server.client, anInspection({}));
    form.environment = 'DB_PASSWORD=open';
    await form.submit();
    expect(form.problemOf('environment')?.message).toMatch('seems to be');
    expect(form.hasOptionProblem).toBe(true);
    form.environment = 'DB_PASSWORD=secret://a';
    expect(form.hasOptionProblem).toBe(false);
  });
});
