import { ServerConnection } from '@jupyterlab/services';
import { AnsweringServer, json, page, refusal } from '../../__tests__/server';
import { aRun } from '../../__tests__/things';
import { Client } from '../client';
import { ApiError, EXTENSION_MISSING, UNREACHABLE } from '../problem';

describe('Client', () => {
  it('asks below the base of the server and encodes what it is given', async () => {
    const server = new AnsweringServer({
      'GET /notebook': {},
      'GET /runs/a%2Fb': aRun()
    });
    await server.client.inspect('my notes/a&b.ipynb');
    await server.client.run('a/b');
    expect(server.seen[0].query).toEqual({ path: 'my notes/a&b.ipynb' });
    expect(server.seen[1].path).toBe('/runs/a%2Fb');
  });

  it('leaves out of the query what is not given', async () => {
    const server = new AnsweringServer({ 'GET /runs': page([]) });
    await server.client.runs({ notebook: undefined, limit: 25 });
    expect(server.seen[0].query).toEqual({ limit: '25' });
  });

  it('takes an answer without a body', async () => {
    const server = new AnsweringServer({
      'DELETE /jobs/j1': () => new Response(null, { status: 204 })
    });
    await expect(server.client.deleteJob('j1')).resolves.toBeUndefined();
  });

  it('throws the refusal that the back end worded', async () => {
    const server = new AnsweringServer({
      'POST /runs': () => refusal('parameters.C', 'C must be a number.')
    });
    const error: ApiError = await server.client
      .submitRun({ notebook: 'a.ipynb' })
      .then(
        () => fail('accepted'),
        thrown => thrown
      );
    expect(error).toBeInstanceOf(ApiError);
    expect(error.status).toBe(422);
    expect(error.problem).toEqual({
      message: 'C must be a number.',
      code: 'bad_input',
      field: 'parameters.C',
      hint: 'Mend it.'
    });
  });

  it('tells a missing server extension from a thing that is not found', async () => {
    const server = new AnsweringServer({
      'GET /runs/gone': () =>
        json({ message: 'No such run.', code: 'not_found' }, 404)
    });
    const codes = await Promise.all(
      [server.client.status(), server.client.run('gone')].map(call =>
        call.then(
          () => fail('answered'),
          thrown => thrown.problem.code
        )
      )
    );
    expect(codes).toEqual([EXTENSION_MISSING, 'not_found']);
  });

  it('says that nobody answers, in the same kind of error', async () => {
    const client = new Client(
      ServerConnection.makeSettings({
        fetch: () => Promise.reject(new TypeError('Failed to fetch'))
      })
    );
    await expect(client.status()).rejects.toMatchObject({
      problem: { code: UNREACHABLE }
    });
  });

  it('tells of every run that it has submitted', async () => {
    const server = new AnsweringServer({
      'POST /runs': aRun({ id: 'r1' }),
      'POST /jobs/j1/runs': aRun({ id: 'r2' })
    });
    const submitted: string[] = [];
    server.client.submitted.connect((_, run) => submitted.push(run.id));
    await server.client.submitRun({ notebook: 'a.ipynb' });
    await server.client.runJob('j1');
    expect(submitted).toEqual(['r1', 'r2']);
  });
});
