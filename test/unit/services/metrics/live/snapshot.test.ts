import { Registry } from 'prom-client';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Snapshot, type SnapshotOptions } from '../../../../../services/metrics/live/snapshot.ts';
import { invalidateWholly } from '../../../../../services/metrics/live/source.ts';
import { daysAgo, MemorySource, noon, observation, seriesOf, stream } from '../memory-source.ts';

const running: Snapshot[] = [];

function snapshotOf(source: MemorySource, options: Partial<SnapshotOptions> = {}) {
  const registry = new Registry();
  const clock = { now: noon };
  const errors: unknown[] = [];
  const snapshot = new Snapshot({
    source,
    registry,
    now: () => clock.now,
    onError: error => errors.push(error),
    readEveryMs: 20,
    slideEveryMs: 10,
    ...options,
  });
  running.push(snapshot);
  const scraped = async () => String(snapshot.text) + (await registry.metrics());
  return { snapshot, clock, errors, scraped };
}

function oneService() {
  const source = new MemorySource();
  const of = stream({ exposedTotal: 1 });
  source.streams = [of];
  source.observations = [observation(of, 'exposed', daysAgo(1))];
  return { source, of };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(snapshot => snapshot.stop()));
});

describe('the snapshot', () => {
  test('shows what is stored once it has started', async () => {
    const { source } = oneService();
    const { snapshot, scraped } = snapshotOf(source);
    expect(snapshot.ready).toBe(false);
    await snapshot.start();
    expect(snapshot.ready).toBe(true);
    expect(seriesOf(await scraped(), 'dora_exposed_changes', { service: 'checkout', window: '7d' })).toBe(1);
  });

  test('shows a new event after a change, and says how long that took', async () => {
    const { source, of } = oneService();
    const { snapshot, clock, scraped } = snapshotOf(source);
    await snapshot.start();
    source.observations.push(observation(of, 'exposed', noon - 5000));
    clock.now = noon + 400;
    snapshot.invalidate(invalidateWholly(['checkout']), noon);
    await snapshot.refreshed();
    const text = await scraped();
    expect(seriesOf(text, 'dora_exposed_changes', { window: '7d' })).toBe(2);
    expect(seriesOf(text, 'firstlight_event_visible_seconds_count')).toBe(1);
    expect(seriesOf(text, 'firstlight_event_visible_seconds_sum')).toBe(0.4);
  });

  test('is ready when a scrape shows something, and not before', async () => {
    const source = new MemorySource();
    source.streams = Array.from({ length: 300 }, (_, index) =>
      stream({ service: `s${index}`, exposedTotal: 1 }),
    );
    source.observations = source.streams.map(of => observation(of, 'exposed', daysAgo(1)));
    const { snapshot } = snapshotOf(source);
    const started = snapshot.start();
    while (!snapshot.ready) {
      expect(String(snapshot.text)).toBe('');
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(String(snapshot.text)).toContain('dora_exposed_changes');
    await started;
  });

  test('reads only the invalidated services again', async () => {
    const { source } = oneService();
    const other = stream({ service: 'search', exposedTotal: 1 });
    source.streams.push(other);
    const { snapshot } = snapshotOf(source);
    await snapshot.start();
    snapshot.invalidate(invalidateWholly(['search']), null);
    await snapshot.refreshed();
    expect(source.reads).toEqual([null, ['search']]);
  });

  test('reads of an invalidated service only what lies after the change, and keeps the rest', async () => {
    const { source, of } = oneService();
    source.observations.push(observation(of, 'exposed', daysAgo(5)));
    const { snapshot, scraped } = snapshotOf(source);
    await snapshot.start();
    source.observations = [
      observation(of, 'exposed', daysAgo(0.5)),
      observation(of, 'exposed', daysAgo(0.1)),
    ];
    snapshot.invalidate(new Map([['checkout', daysAgo(1)]]), null);
    await snapshot.refreshed();
    const exposed = (window: string) =>
      scraped().then(text => seriesOf(text, 'dora_exposed_changes', { window }));
    expect(await exposed('7d')).toBe(3);
    snapshot.invalidate(new Map([['checkout', Infinity]]), null);
    await snapshot.refreshed();
    expect(await exposed('7d')).toBe(3);
    snapshot.invalidate(null, null);
    await snapshot.refreshed();
    expect(await exposed('7d')).toBe(2);
  });

  test('answers many changes with few reads', async () => {
    const { source, of } = oneService();
    const { snapshot, scraped } = snapshotOf(source, { readEveryMs: 300 });
    await snapshot.start();
    for (let i = 0; i < 500; i++) {
      source.observations.push(observation(of, 'exposed', daysAgo(1) + i));
      snapshot.invalidate(invalidateWholly(['checkout']), noon);
      if (i % 100 === 0) await new Promise(resolve => setImmediate(resolve));
    }
    await snapshot.refreshed();
    expect(seriesOf(await scraped(), 'dora_exposed_changes', { window: '7d' })).toBe(501);
    expect(source.reads.length).toBeLessThanOrEqual(3);
  });

  test('drops what is no longer there', async () => {
    const { source } = oneService();
    const { snapshot, scraped } = snapshotOf(source);
    await snapshot.start();
    source.streams = [];
    snapshot.invalidate(invalidateWholly(['checkout']), null);
    await snapshot.refreshed();
    expect(await scraped()).not.toContain('dora_');
  });

  test('slides its windows without a change, and shows an observation when its time has come', async () => {
    const { source, of } = oneService();
    source.observations.push(observation(of, 'exposed', noon + 60_000));
    const { snapshot, clock, scraped } = snapshotOf(source);
    await snapshot.start();
    expect(seriesOf(await scraped(), 'dora_exposed_changes', { window: '7d' })).toBe(1);
    clock.now = noon + 60_001;
    await vi.waitFor(async () =>
      expect(seriesOf(await scraped(), 'dora_exposed_changes', { window: '7d' })).toBe(2),
    );
    expect(source.reads).toEqual([null]);
  });

  test('reads everything again now and then', async () => {
    const { source, of } = oneService();
    const { snapshot, scraped } = snapshotOf(source, { reloadEveryMs: 30 });
    await snapshot.start();
    source.observations.push(observation(of, 'exposed', daysAgo(2)));
    await vi.waitFor(async () =>
      expect(seriesOf(await scraped(), 'dora_exposed_changes', { window: '7d' })).toBe(2),
    );
    expect(new Set(source.reads)).toEqual(new Set([null]));
  });

  test('while the database does not answer serves the last text, slides on, and grows older', async () => {
    const { source, of } = oneService();
    source.observations.push(observation(of, 'exposed', noon + 1));
    const { snapshot, clock, scraped } = snapshotOf(source);
    await snapshot.start();
    const stuck = Promise.withResolvers<void>();
    source.gate = stuck.promise;
    snapshot.invalidate(invalidateWholly(['checkout']), noon);
    clock.now = noon + 90_000;
    await vi.waitFor(async () =>
      expect(seriesOf(await scraped(), 'dora_exposed_changes', { window: '7d' })).toBe(2),
    );
    expect(seriesOf(await scraped(), 'firstlight_snapshot_age_seconds')).toBe(90);
    stuck.resolve();
    await snapshot.refreshed();
    await vi.waitFor(async () =>
      expect(seriesOf(await scraped(), 'firstlight_snapshot_age_seconds')).toBe(0),
    );
  });

  test('when the database is away serves the last text, tries again, and loses no change', async () => {
    const { source, of } = oneService();
    const { snapshot, clock, errors, scraped } = snapshotOf(source, { readEveryMs: 5 });
    await snapshot.start();
    const away = Promise.reject(new Error('connection refused'));
    away.catch(() => {});
    source.gate = away;
    source.observations.push(observation(of, 'exposed', daysAgo(2)));
    snapshot.invalidate(invalidateWholly(['checkout']), noon);
    clock.now = noon + 5000;
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(1));
    expect(seriesOf(await scraped(), 'dora_exposed_changes', { window: '7d' })).toBe(1);
    expect(seriesOf(await scraped(), 'firstlight_snapshot_age_seconds')).toBe(5);
    source.gate = Promise.resolve();
    await snapshot.refreshed();
    const text = await scraped();
    expect(seriesOf(text, 'dora_exposed_changes', { window: '7d' })).toBe(2);
    expect(seriesOf(text, 'firstlight_event_visible_seconds_count')).toBe(1);
    expect(seriesOf(text, 'firstlight_snapshot_failures_total')).toBe(errors.length);
  });

  test('a database that is away at the start is waited for', async () => {
    const { source } = oneService();
    const away = Promise.reject(new Error('connection refused'));
    away.catch(() => {});
    source.gate = away;
    const { snapshot, clock } = snapshotOf(source, { readEveryMs: 5 });
    await snapshot.start();
    expect(snapshot.ready).toBe(false);
    clock.now = noon + 3_600_000;
    await vi.waitFor(() => expect(snapshot.alive).toBe(true));
    source.gate = Promise.resolve();
    await snapshot.refreshed();
    expect(snapshot.ready).toBe(true);
  });

  test('counts findings of the longest window by reason, with the conflicting repeats', async () => {
    const { source, of } = oneService();
    source.observations.push(
      observation(of, 'merge_unknown', daysAgo(3)),
      observation(of, 'merge_unknown', daysAgo(91)),
    );
    source.repeats = 4;
    source.streams.push(stream({ service: 'search', openSince: [daysAgo(40), daysAgo(8), daysAgo(6)] }));
    const { snapshot, scraped } = snapshotOf(source);
    await snapshot.start();
    const text = await scraped();
    expect(seriesOf(text, 'firstlight_findings', { reason: 'merge_unknown' })).toBe(1);
    expect(seriesOf(text, 'firstlight_findings', { reason: 'blame_inferred' })).toBe(0);
    expect(seriesOf(text, 'firstlight_findings', { reason: 'conflicting_repeat' })).toBe(4);
    expect(seriesOf(text, 'firstlight_findings', { reason: 'open_long' })).toBe(2);
  });

  test('says for how long a rollout has had a part of the traffic, until it has all', async () => {
    const { source, of } = oneService();
    const forgotten = stream({ service: 'attic', partialSince: daysAgo(91) });
    source.streams = [{ ...of, partialSince: daysAgo(2) }, forgotten];
    const { snapshot, scraped } = snapshotOf(source);
    await snapshot.start();
    const partial = async (service: string) =>
      seriesOf(await scraped(), 'firstlight_partial_exposure_seconds', {
        service,
        environment: 'production',
      });
    expect(await partial('checkout')).toBe(2 * 86_400);
    expect(await partial('attic')).toBeUndefined();
    source.streams = [of, forgotten];
    snapshot.invalidate(invalidateWholly(['checkout']), null);
    await snapshot.refreshed();
    expect(await partial('checkout')).toBeUndefined();
  });
});
