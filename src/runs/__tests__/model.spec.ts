import { AnsweringServer, page } from '../../__tests__/server';
import { aRun } from '../../__tests__/things';
import { RunsModel } from '../model';

describe('RunsModel', () => {
  it('shows the runs of the open notebook, or all on request', async () => {
    const server = new AnsweringServer({ 'GET /runs': page([]) });
    const model = new RunsModel(server.client);
    expect(model.setNotebook('train.ipynb')).toBe(true);
    await model.refresh();
    await model.setScope('all');
    expect(server.seen.map(({ query }) => query.notebook)).toEqual([
      'train.ipynb',
      undefined
    ]);
  });

  it('shows all runs when no notebook is open', async () => {
    const server = new AnsweringServer({ 'GET /runs': page([]) });
    const model = new RunsModel(server.client);
    await model.refresh();
    expect(model.isNarrowed).toBe(false);
    expect(server.seen[0].query.notebook).toBeUndefined();
  });

  it('widens the scope to reveal a run of another notebook', async () => {
    const run = aRun({ id: 'r9', notebook: 'other.ipynb' });
    const server = new AnsweringServer({ 'GET /runs': page([run]) });
    const model = new RunsModel(server.client);
    model.setNotebook('train.ipynb');
    await model.reveal(run);
    expect(model.scope).toBe('all');
    expect(model.isUnfolded('r9')).toBe(true);
    expect(model.revealed).toBe('r9');
    expect(model.list.items).toEqual([run]);
  });

  it('runs again with the same notebook, name, parameters, kernel and model', async () => {
    const server = new AnsweringServer({
      'GET /runs': page([]),
      'POST /runs': aRun({ id: 'r2' })
    });
    const model = new RunsModel(server.client);
    const again = await model.runAgain(
      aRun({ parameters: { C: 0.5 }, kernel: 'python3', register_model: 'm' })
    );
    expect(again.id).toBe('r2');
    expect(server.calls('POST /runs')[0].body).toEqual({
      notebook: 'train.ipynb',
      name: 'train',
      parameters: { C: 0.5 },
      kernel: 'python3',
      register_model: 'm'
    });
  });
});
