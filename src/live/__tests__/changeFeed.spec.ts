import { Signal } from '@lumino/signaling';
import { CHANGE_SCHEMA, ChangeFeed, type IBatch } from '../changeFeed';

function aFeed() {
  const source = {};
  const stream = new Signal<object, any>(source);
  const feed = new ChangeFeed(stream, 150);
  const batches: IBatch[] = [];
  feed.batched.connect((_, batch) => batches.push(batch));
  const emit = (seq: number, schema_id = CHANGE_SCHEMA) =>
    stream.emit({ schema_id, seq, kind: 'run', id: `r${seq}` });
  return { feed, batches, emit };
}

describe('ChangeFeed', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('makes a burst of changes one batch', () => {
    const { batches, emit } = aFeed();
    for (let seq = 1; seq <= 200; seq++) {
      emit(seq);
    }
    jest.advanceTimersByTime(150);
    expect(batches.length).toBe(1);
    expect(batches[0].changes.length).toBe(200);
    expect(batches[0].missed).toBe(false);
  });

  it('does not wait for a stream of changes to end', () => {
    const { batches, emit } = aFeed();
    for (let seq = 1; seq <= 10; seq++) {
      emit(seq);
      jest.advanceTimersByTime(100);
    }
    expect(batches.length).toBeGreaterThanOrEqual(4);
  });

  it('sees by the numbering that changes were missed', () => {
    const { batches, emit } = aFeed();
    emit(1);
    emit(2);
    jest.advanceTimersByTime(150);
    emit(7);
    jest.advanceTimersByTime(150);
    emit(8);
    jest.advanceTimersByTime(150);
    expect(batches.map(({ missed }) => missed)).toEqual([false, true, false]);
  });

  it('sees that a store began to count anew', () => {
    const { batches, emit } = aFeed();
    emit(40);
    jest.advanceTimersByTime(150);
    emit(1);
    jest.advanceTimersByTime(150);
    expect(batches[1].missed).toBe(true);
  });

  it('leaves events of other schemas alone', () => {
    const { batches, emit } = aFeed();
    emit(1, 'https://events.jupyter.org/jupyter_server/kernel_actions/v1');
    jest.advanceTimersByTime(150);
    expect(batches).toEqual([]);
  });

  it('says nothing more once it is disposed of', () => {
    const { feed, batches, emit } = aFeed();
    emit(1);
    feed.dispose();
    jest.advanceTimersByTime(150);
    expect(batches).toEqual([]);
  });
});
