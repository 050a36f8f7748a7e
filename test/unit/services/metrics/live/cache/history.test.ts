import fc from 'fast-check';
import { Registry } from 'prom-client';
import { afterEach, expect, test, vi } from 'vitest';
import { dayMs } from '../../../../../../domain/metrics/definitions.ts';
import { History, type HistoryOptions } from '../../../../../../services/metrics/live/cache/history.ts';
import type { StreamColumns } from '../../../../../../services/metrics/live/columns.ts';
import { gather } from '../../../../../../services/metrics/live/gather.ts';
import { Snapshot, type SnapshotOptions } from '../../../../../../services/metrics/live/snapshot.ts';
import { invalidateWholly } from '../../../../../../services/metrics/live/source.ts';
import { runs } from '../../../../../support/run/properties.ts';
import { daysAgo, MemorySource, noon, observation, stream } from '../../memory-source.ts';

const running: Snapshot[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(snapshot => snapshot.stop()));
});

function historyOf(
  source: MemorySource,
  options: Partial<HistoryOptions> = {},
  ofSnapshot: Partial<SnapshotOptions> = {},
) {
  const clock = { now: noon };
  const now = () => clock.now;
  const snapshot = new Snapshot({
    source,
    registry: new Registry(),
    now,
    onError: () => {},
    readEveryMs: 1,
    ...ofSnapshot,
  });
  running.push(snapshot);
  const history = new History({ snapshot, source, now, ...options });
  snapshot.onInvalidation(invalidated => history.invalidate(invalidated));
  return { history, snapshot, clock };
}

/** The timestamps of the exposures of each stream since `from`, by service and environment. */
function exposuresOf(streams: readonly StreamColumns[], from: number): Record<string, number[]> {
  return Object.fromEntries(
    streams.map(({ stream: of, columns }) => [
      `${of.service} ${of.environment}`,
      [...(columns.get('exposed')?.timestamps ?? [])].filter(at => at >= from),
    ]),
  );
}

async function directly(source: MemorySource, from: number): Promise<Record<string, number[]>> {
  const period = { from, to: Number.POSITIVE_INFINITY };
  return exposuresOf(
    await gather(source.streams, source.readObservations({ services: null, ...period })),
    from,
  );
}

test('the history and the snapshot together are what a read gives, whatever was invalidated', async () => {
  const names = ['a', 'b', 'c'];
  const additions = fc.array(
    fc.record({
      service: fc.constantFrom(...names),
      age: fc.integer({ min: 0, max: 370 }),
      asks: fc.boolean(),
    }),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(additions, async added => {
      const source = new MemorySource();
      source.streams = names.map(service => stream({ service }));
      const { history, snapshot } = historyOf(source);
      await snapshot.start();
      const from = daysAgo(371);
      for (const { service, age, asks } of added) {
        const of = source.streams.find(each => each.service === service);
        const at = daysAgo(age) - 1;
        if (of) source.observations.push(observation(of, 'exposed', at));
        snapshot.invalidate(new Map([[service, at]]), null);
        await snapshot.refreshed();
        if (asks)
          expect(exposuresOf((await history.streamsSince(from)) ?? [], from)).toEqual(
            await directly(source, from),
          );
      }
      expect(exposuresOf((await history.streamsSince(from)) ?? [], from)).toEqual(
        await directly(source, from),
      );
      await snapshot.stop();
    }),
    { numRuns: runs(30) },
  );
});

test('of many invalidated services a few are read again at once, the others in their turn', async () => {
  const source = new MemorySource();
  const names = ['a', 'b', 'c', 'd', 'e'];
  source.streams = names.map(service => stream({ service }));
  const { history, snapshot, clock } = historyOf(source, { readAtOnce: 2, waitMs: 60_000 });
  await snapshot.start();
  await history.streamsSince(daysAgo(200));
  clock.now += 1_000;
  history.invalidate(invalidateWholly(names));
  source.reads.length = 0;
  await history.streamsSince(daysAgo(200));
  await history.streamsSince(daysAgo(200));
  await history.streamsSince(daysAgo(200));
  expect(source.reads.map(read => read?.length)).toEqual([2, 2, 1]);
  history.invalidate(invalidateWholly(names));
  clock.now += 61_000;
  source.reads.length = 0;
  await history.streamsSince(daysAgo(200));
  expect(source.reads.map(read => read?.toSorted())).toEqual([names]);
});

test('what changed within the snapshot is read again only once the snapshot has slid past it', async () => {
  const source = new MemorySource();
  const of = stream();
  source.streams = [of];
  const { history, snapshot, clock } = historyOf(source, {}, { slideEveryMs: 5, reloadEveryMs: 5 });
  await snapshot.start();
  await history.streamsSince(daysAgo(200));
  source.observations.push(observation(of, 'exposed', daysAgo(10)));
  snapshot.invalidate(new Map([['checkout', daysAgo(10)]]), null);
  await snapshot.refreshed();
  source.reads.length = 0;
  await history.streamsSince(daysAgo(200));
  expect(source.reads).not.toContainEqual(['checkout']);
  clock.now += 100 * dayMs;
  await vi.waitFor(() => expect(snapshot.loadedFrom).toBe(daysAgo(-10)));
  expect(exposuresOf((await history.streamsSince(daysAgo(200))) ?? [], 0)).toEqual({
    'checkout production': [daysAgo(10)],
  });
});

test('nothing is read again before a question, nor where nothing was invalidated', async () => {
  const source = new MemorySource();
  source.streams = [stream()];
  const { history, snapshot } = historyOf(source);
  await snapshot.start();
  source.reads.length = 0;
  history.invalidate(invalidateWholly(['checkout']));
  expect(source.reads).toEqual([]);
  await history.streamsSince(daysAgo(200));
  await history.streamsSince(daysAgo(200));
  expect(source.reads).toEqual([null]);
});

test('a question that goes further back than the history is not answered', async () => {
  const { history, snapshot } = historyOf(new MemorySource());
  expect(await history.streamsSince(daysAgo(200))).toBeNull();
  await snapshot.start();
  expect(await history.streamsSince(daysAgo(400))).toBeNull();
});

test('a failed read is tried again with the next question', async () => {
  const source = new MemorySource();
  const of = stream();
  source.streams = [of];
  const { history, snapshot } = historyOf(source);
  await snapshot.start();
  await history.streamsSince(daysAgo(200));
  source.observations.push(observation(of, 'exposed', daysAgo(150)));
  history.invalidate(invalidateWholly(['checkout']));
  const away = Promise.reject(new Error('away'));
  away.catch(() => {});
  source.gate = away;
  await expect(history.streamsSince(daysAgo(200))).rejects.toThrow('away');
  source.gate = Promise.resolve();
  expect(exposuresOf((await history.streamsSince(daysAgo(200))) ?? [], 0)).toEqual({
    'checkout production': [daysAgo(150)],
  });
});

test('the observations before the snapshot, and those that it has left behind since, are one history', async () => {
  const source = new MemorySource();
  const of = stream();
  source.streams = [of];
  const ages = [300, 120, 89, 85, 60, 10];
  source.observations.push(...ages.map(age => observation(of, 'exposed', daysAgo(age))));
  const { history, snapshot, clock } = historyOf(source, {}, { slideEveryMs: 5, reloadEveryMs: 5 });
  await snapshot.start();
  for (const days of [0, 1, 3, 6, 8, 20, 60]) {
    clock.now = noon + days * dayMs;
    await vi.waitFor(() => expect(snapshot.loadedFrom).toBe(daysAgo(90 - days)));
    const from = clock.now - 370 * dayMs;
    const shown = exposuresOf((await history.streamsSince(from)) ?? [], from);
    expect(shown).toEqual(await directly(source, from));
  }
});
