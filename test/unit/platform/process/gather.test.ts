import { expect, test, vi } from 'vitest';
import { Gatherer, QueueFull } from '../../../../platform/process/gather.ts';

/** A gatherer of numbers, whose weight is their value. The test ends each group. */
function gatherer(options: Partial<ConstructorParameters<typeof Gatherer<number>>[0]> = {}) {
  const groups: { readonly items: readonly number[]; readonly end: PromiseWithResolvers<void> }[] = [];
  const gather = new Gatherer<number>({
    weightOf: item => item,
    weightMax: 10,
    waitingMax: 30,
    run: items => {
      const end = Promise.withResolvers<void>();
      groups.push({ items, end });
      return end.promise;
    },
    ...options,
  });
  return { gather, groups };
}

const turn = () => new Promise(resolve => setImmediate(resolve));

test('items that are added while a group is at work share the next one, up to its weight', async () => {
  const { gather, groups } = gatherer();
  const given = [1, 4, 5, 2].map(item => gather.add(item));
  groups[0]?.end.resolve();
  await given[0];
  await turn();
  groups[1]?.end.resolve();
  await Promise.all(given.slice(1, 3));
  await turn();
  groups[2]?.end.resolve();
  await Promise.all(given);
  expect(groups.map(({ items }) => items)).toEqual([[1], [4, 5], [2]]);
});

test('with a linger, the first item of a group waits for others', async () => {
  const { gather, groups } = gatherer({
    lingerMs: 1,
    run: async items => void groups.push({ items, end: Promise.withResolvers() }),
  });
  await Promise.all([1, 2, 3].map(item => gather.add(item)));
  expect(groups.map(({ items }) => items)).toEqual([[1, 2, 3]]);
});

test('with a pause, callers that add their next item at once share a group with waiting items', async () => {
  const { gather, groups } = gatherer({ pauseMs: 20 });
  const first = [gather.add(1), gather.add(2), gather.add(3)];
  groups[0]?.end.resolve();
  await first[0];
  await turn();
  groups[1]?.end.resolve();
  await Promise.all(first);
  const again = [gather.add(4), gather.add(5)];
  await vi.waitUntil(() => groups.length === 3);
  groups[2]?.end.resolve();
  await Promise.all(again);
  expect(groups.map(({ items }) => items)).toEqual([[1], [2, 3], [4, 5]]);
});

test.each([
  ['as many items are added as the group had', [2, 1]],
  ['a full group waits', [6]],
])('a pause ends as soon as %s', async (_, coming) => {
  const { gather, groups } = gatherer({ pauseMs: 100_000 });
  const first = [gather.add(1), gather.add(2), gather.add(3)];
  groups[0]?.end.resolve();
  await first[0];
  await turn();
  const waiting = gather.add(4);
  groups[1]?.end.resolve();
  await Promise.all(first);
  await turn();
  const again: Promise<void>[] = [];
  for (const item of coming) {
    expect(groups).toHaveLength(2);
    again.push(gather.add(item));
    await turn();
  }
  groups[2]?.end.resolve();
  await Promise.all([waiting, ...again]);
  expect(groups.map(({ items }) => items)).toEqual([[1], [2, 3], [4, ...coming]]);
});

test('an item heavier than a group forms one alone, even if it is heavier than all waiting items may be', async () => {
  const { gather, groups } = gatherer();
  const given = gather.add(50);
  groups[0]?.end.resolve();
  await given;
  expect(groups.map(({ items }) => items)).toEqual([[50]]);
});

test('an item is refused when too many are waiting', async () => {
  const { gather, groups } = gatherer();
  const first = gather.add(9);
  const second = gather.add(9);
  await expect(gather.add(13)).rejects.toThrow(QueueFull);
  const third = gather.add(12);
  for (const each of [first, second, third]) {
    await turn();
    groups.at(-1)?.end.resolve();
    await each;
  }
  expect(groups.map(({ items }) => items)).toEqual([[9], [9], [12]]);
});

test('an error rejects the items of its group only', async () => {
  const { gather, groups } = gatherer();
  const first = gather.add(1);
  const second = gather.add(2);
  groups[0]?.end.reject(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await turn();
  groups[1]?.end.resolve();
  await second;
});

test('when one item may have caused an error, the others succeed', async () => {
  const seen: (readonly number[])[] = [];
  const { gather } = gatherer({
    lingerMs: 1,
    splitsGroup: error => error instanceof RangeError,
    run: async items => {
      seen.push(items);
      if (items.includes(3)) throw new RangeError('three');
    },
  });
  const outcomes = await Promise.allSettled([1, 3, 2].map(item => gather.add(item)));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(seen).toEqual([[1, 3, 2], [1], [3], [2]]);
});

test('drained resolves when all items are done', async () => {
  const { gather, groups } = gatherer();
  await gather.drained();
  const given = [gather.add(1), gather.add(2)];
  let isDrained = false;
  const drained = gather.drained().then(() => {
    isDrained = true;
  });
  groups[0]?.end.resolve();
  await given[0];
  await turn();
  expect(isDrained).toBe(false);
  groups[1]?.end.resolve();
  await drained;
});
