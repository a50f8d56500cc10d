import { PromiseDelegate } from '@lumino/coreutils';
import { PagedList } from '../pagedList';
import type { IPage } from '../types';

/** Pages over the numbers below `count`; the cursor is the next number. */
function numbersBelow(count: number) {
  return jest.fn(
    async ({ limit, cursor }: { limit: number; cursor?: string }) => {
      const start = Number(cursor ?? 0);
      const end = Math.min(count, start + limit);
      const items = Array.from({ length: end - start }, (_, i) => start + i);
      return { items, next_cursor: end < count ? String(end) : null };
    }
  );
}

describe('PagedList', () => {
  it('shows a page, and one more on request', async () => {
    const list = new PagedList(numbersBelow(60));
    await list.refresh();
    expect(list.items.length).toBe(25);
    expect(list.hasMore).toBe(true);
    await list.loadMore();
    await list.loadMore();
    expect(list.items.length).toBe(60);
    expect(list.hasMore).toBe(false);
  });

  it('keeps as many items as were shown when it is refreshed', async () => {
    const list = new PagedList(numbersBelow(500));
    await list.refresh();
    for (let more = 0; more < 9; more++) {
      await list.loadMore();
    }
    await list.refresh();
    expect(list.items).toEqual(Array.from({ length: 250 }, (_, i) => i));
  });

  it('never asks for more than the largest page', async () => {
    const fetchPage = numbersBelow(500);
    const list = new PagedList(fetchPage);
    await list.refresh();
    for (let more = 0; more < 9; more++) {
      await list.loadMore();
    }
    const limits = fetchPage.mock.calls.map(([{ limit }]) => limit);
    expect(Math.max(...limits)).toBe(200);
  });

  it('makes many refreshes during a fetch into one more fetch', async () => {
    const fetchPage = numbersBelow(3);
    const list = new PagedList(fetchPage);
    await Promise.all(Array.from({ length: 10 }, () => list.refresh()));
    expect(fetchPage).toHaveBeenCalledTimes(2);
  });

  it('keeps the last answer when a refresh fails, and says why', async () => {
    const fetchPage = numbersBelow(3);
    const list = new PagedList(fetchPage);
    await list.refresh();
    fetchPage.mockRejectedValueOnce(new Error('gone'));
    await list.refresh();
    expect(list.items).toEqual([0, 1, 2]);
    expect(list.problem?.message).toBe('gone');
    await list.refresh();
    expect(list.problem).toBeNull();
  });

  it('drops the answer to a question that has changed', async () => {
    const first = new PromiseDelegate<IPage<string>>();
    const answers = [first.promise, Promise.resolve(page('new'))];
    const list = new PagedList<string>(() => answers.shift()!);
    const done = list.refresh();
    list.reset();
    void list.refresh();
    first.resolve(page('old'));
    await done;
    expect(list.items).toEqual(['new']);
  });
});

function page(item: string): IPage<string> {
  return { items: [item], next_cursor: null };
}
