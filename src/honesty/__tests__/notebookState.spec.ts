import { AnsweringServer, json } from '../../__tests__/server';
import { aCellState, aSessionState } from '../../__tests__/things';
import { NotebookState } from '../notebookState';

function aNotebook() {
  return {
    path: 'churn/train.ipynb',
    isRecorded: true,
    isVisible: true,
    cells: [{ id: 'c1', source: 'rows = 10' }]
  };
}

function aState() {
  const server = new AnsweringServer({
    'POST /session-state': aSessionState({
      cells: [aCellState({ stale: true }), aCellState({ cell: 'c2' })]
    })
  });
  const notebook = aNotebook();
  const state = new NotebookState(server.client, notebook);
  const asked = () => server.calls('POST /session-state').length;
  return { server, notebook, state, asked };
}

describe('NotebookState', () => {
  beforeEach(() => jest.useFakeTimers());

  afterEach(() => jest.useRealTimers());

  const pass = (milliseconds: number) =>
    jest.advanceTimersByTimeAsync(milliseconds);

  it('sends the cells as they are, and knows which are stale', async () => {
    const { server, state } = aState();
    state.refresh();
    await pass(10);
    expect(server.seen[0].body).toEqual({
      notebook: 'churn/train.ipynb',
      cells: [{ id: 'c1', source: 'rows = 10' }]
    });
    expect(state.stale.map(({ cell }) => cell)).toEqual(['c1']);
    expect(state.sourceOf('c1')).toBe('rows = 10');
  });

  it('asks at most every half second, however much happens', async () => {
    const { state, asked } = aState();
    for (let moment = 0; moment < 40; moment++) {
      state.refresh();
      await pass(50);
    }
    expect(asked()).toBeLessThanOrEqual(5);
    await pass(500);
    expect(asked()).toBeLessThanOrEqual(6);
    expect(asked()).toBeGreaterThanOrEqual(5);
  });

  it('waits while keys are pressed, then asks once', async () => {
    const { notebook, state, asked } = aState();
    for (const source of ['r', 'ro', 'row']) {
      notebook.cells = [{ id: 'c1', source }];
      state.edited();
      await pass(300);
    }
    expect(asked()).toBe(0);
    await pass(800);
    expect(asked()).toBe(1);
  });

  it('does not ask after changes that are none of the code', async () => {
    const { notebook, state, asked } = aState();
    state.refresh();
    await pass(10);
    state.edited();
    await pass(2_000);
    expect(asked()).toBe(1);
    notebook.cells = [{ id: 'c1', source: 'rows = 11' }];
    state.edited();
    await pass(2_000);
    expect(asked()).toBe(2);
  });

  it('asks nothing of a notebook that cannot be seen, until it can', async () => {
    const { notebook, state, asked } = aState();
    notebook.isVisible = false;
    state.refresh();
    await pass(2_000);
    expect(asked()).toBe(0);
    notebook.isVisible = true;
    state.refresh();
    await pass(10);
    expect(asked()).toBe(1);
  });

  it('forgets what it knew when recording ends', async () => {
    const { notebook, state, asked } = aState();
    state.refresh();
    await pass(10);
    notebook.isRecorded = false;
    state.refresh();
    await pass(1_000);
    expect(state.session).toBeNull();
    expect(asked()).toBe(1);
  });

  it('keeps what it knew while the server is away', async () => {
    const { server, state } = aState();
    state.refresh();
    await pass(10);
    server.answer('POST /session-state', () =>
      json({ message: 'Locked.', code: 'store_unavailable' }, 503)
    );
    state.refresh();
    await pass(1_000);
    expect(state.session).not.toBeNull();
  });

  it('takes no judgement on a notebook that has another name by now', async () => {
    const { server, notebook, state } = aState();
    server.answer('POST /session-state', () => {
      notebook.path = 'churn/renamed.ipynb';
      return aSessionState();
    });
    state.refresh();
    await pass(10);
    expect(state.session).toBeNull();
  });

  it('says nothing of a notebook of which nothing was recorded', async () => {
    const { server, state } = aState();
    server.answer(
      'POST /session-state',
      aSessionState({ session_id: null, clean: null })
    );
    state.refresh();
    await pass(10);
    expect(state.session).toBeNull();
  });
});
