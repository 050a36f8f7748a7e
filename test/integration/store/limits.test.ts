import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SentEvent } from '../../../domain/events/event.ts';
import { type IdentifiedEvent, identify } from '../../../domain/events/identity.ts';
import { formatTime } from '../../../domain/events/time.ts';
import { faultsOf } from '../../../domain/events/validate.ts';
import type { Database, Store } from '../../../store/schema/tables.ts';
import { engines, openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { now } from '../../support/histories/histories.ts';
import { differences } from '../../support/histories/series.ts';
import { empty, expected, scraped, storeBatch } from '../../support/histories/store.ts';

const minute = 60_000;
const minutesAgo = (minutes: number) => formatTime(now - minutes * minute);

/** An event that passes the checks of the collector. */
function checked(fields: Readonly<Record<string, unknown>>): IdentifiedEvent {
  const faults = faultsOf(fields);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return identify(fields as unknown as SentEvent, 'test', now);
}

/** A name of so many characters of four bytes each in UTF-8, and a number. */
const longest = (length: number, number = 0) =>
  String.fromCodePoint(0x1f600 + number).padStart(2 * length, '𝕏');

const eventsOf = (events: readonly IdentifiedEvent[]) => events.map(({ event }) => event);

function batchesOf(events: readonly IdentifiedEvent[], size: number): IdentifiedEvent[][] {
  return Array.from({ length: Math.ceil(events.length / size) }, (_, index) =>
    events.slice(index * size, (index + 1) * size),
  );
}

describe.each(engines)('on %s', engine => {
  let store: TestDatabase<Database>;
  let db: Store;
  beforeAll(async () => {
    store = await openTestStore(engine);
    db = store.db;
  });
  beforeEach(() => empty(db));
  afterAll(() => store.close());

  const expectStored = async (events: readonly IdentifiedEvent[]) => {
    const rows = await db.selectFrom('event').select('body').orderBy('seq').execute();
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    expect(rows.map(({ body }) => body).toSorted(byId)).toEqual(eventsOf(events).toSorted(byId));
    expect(differences(await scraped(db), expected(eventsOf(events)))).toEqual([]);
  };

  test('the longest names, in characters of four bytes, are stored wherever a name may stand', async () => {
    const common = { service: longest(200), team: longest(200, 1), source: longest(1_000) };
    const there = { environment: longest(200, 2), rollout: longest(500, 3) };
    const words = {
      title: longest(1_000),
      url: longest(2_000),
      actor: longest(200),
      ticket: longest(500),
    };
    const incident = {
      incident: longest(500, 4),
      change: longest(500, 5),
      severity: longest(200),
      reason: longest(2_000),
    };
    const change = longest(500, 5);
    const artifact = longest(500, 6);
    const events = [
      { type: 'change_created', change, time: minutesAgo(50) },
      { type: 'change_merged', change, artifact: [artifact], time: minutesAgo(40) },
      { type: 'change_exposed', change, artifact, ...there, weight: 5, time: minutesAgo(30) },
      { type: 'change_exposed', change: longest(500, 7), changes: [longest(500, 8)], time: minutesAgo(29) },
      { type: 'incident_detected', ...there, ...incident, time: minutesAgo(20) },
      {
        type: 'change_rolled_back',
        ...there,
        incident: incident.incident,
        reason: longest(2_000),
        time: minutesAgo(15),
      },
      { type: 'incident_resolved', ...there, ...incident, time: minutesAgo(10) },
      { type: 'flag_changed', flag: longest(500), variant: longest(500), time: minutesAgo(5) },
    ].map((event, index) => checked({ ...event, ...common, ...words, id: longest(1_000, index) }));
    for (const event of events) await storeBatch(db, [event]);
    expect(await storeBatch(db, events)).toMatchObject({ stored: 0, repeated: events.length });
    await expectStored(events);
  });

  test('a thousand of the longest names in one event are stored', async () => {
    const names = (from: number) => Array.from({ length: 1_000 }, (_, index) => longest(500, from + index));
    const service = longest(200);
    const events = [
      checked({
        type: 'change_merged',
        service,
        change: 'c1',
        artifact: names(0),
        time: minutesAgo(30),
        id: 'a',
      }),
      checked({ type: 'change_exposed', service, changes: names(0), time: minutesAgo(20), id: 'b' }),
      checked({
        type: 'change_exposed',
        service,
        rollout: 'r2',
        changes: names(1_000),
        time: minutesAgo(10),
        id: 'c',
      }),
    ];
    await storeBatch(db, events.toReversed());
    await expectStored(events);
  });

  test('names that mean something to a database, to a shell or to a reader are only names', async () => {
    const names = [
      'NULL',
      'null',
      ' ',
      '{}',
      '{"a","b"}',
      'a,b',
      '"quoted"',
      "it's",
      'back\\slash',
      '\\',
      '\\x41',
      '\\N',
      'line\nbreak',
      '\ttab\r',
      "'; drop table event; --",
      '$1',
      '%s',
      'ünïcödé',
      '日本語',
      'مرحبا \u202e',
      '👩‍👩‍👧‍👦',
      'e\u0301',
      'é',
      'a\ufeffb',
      '\uffff',
      '__proto__',
      'constructor',
      '\u0001\u001f\u007f',
    ];
    // These become labels of Prometheus, which the test reads line by line.
    const labels = names.filter(name => !name.includes('\r'));
    const events = labels.flatMap((label, index) => {
      const name = names[index] ?? label;
      const common = { service: label, team: label, source: name };
      const there = { environment: label, rollout: name };
      return [
        { type: 'change_merged', change: name, artifact: [`${name}.`, name], time: minutesAgo(90) },
        {
          type: 'change_exposed',
          change: name,
          artifact: `${name}.`,
          ...there,
          time: minutesAgo(60),
          weight: 5,
        },
        { type: 'change_exposed', changes: names, environment: label, time: minutesAgo(50) },
        { type: 'incident_detected', incident: name, change: name, environment: label, time: minutesAgo(40) },
        { type: 'change_rolled_back', ...there, incident: name, reason: name, time: minutesAgo(30) },
        { type: 'incident_resolved', incident: name, ...there, time: minutesAgo(20) },
      ].map((event, of) => checked({ ...event, ...common, id: `${index} ${of} ${name}` }));
    });
    await storeBatch(db, events);
    await expectStored(events);
    const stored = await db.selectFrom('revision').select('name').distinct().execute();
    expect(new Set(stored.map(({ name }) => name))).toEqual(
      new Set(names.flatMap((name, index) => (index < labels.length ? [name, `${name}.`] : [name]))),
    );
  });
});

describe.each(['pglite', 'postgres15'] as const)('in bulk, on %s', engine => {
  let store: TestDatabase<Database>;
  let db: Store;
  beforeAll(async () => {
    store = await openTestStore(engine);
    db = store.db;
  });
  beforeEach(() => empty(db));
  afterAll(() => store.close());

  test('a batch of 5,000 events over 5,000 services is stored at once', async () => {
    const events = Array.from({ length: 5_000 }, (_, index) =>
      checked({
        type: 'change_exposed',
        service: `service ${index}`,
        change: 'c1',
        time: minutesAgo(10),
        id: `${index}`,
      }),
    );
    const outcome = await storeBatch(db, events);
    expect(outcome).toMatchObject({ stored: 5_000, repeated: 0, conflicting: 0 });
    expect(outcome.invalidated.size).toBe(5_000);
    const streams = await db.selectFrom('stream').select('exposed_total').execute();
    expect(streams.map(stream => stream.exposed_total)).toEqual(Array(5_000).fill(1));
  });

  test('a rollout that names 10,000 changes, in several events, exposes each of them', async () => {
    const pieces = Array.from({ length: 10 }, (_, piece) =>
      checked({
        type: 'change_exposed',
        service: 'monorepo',
        rollout: 'r1',
        changes: Array.from({ length: 1_000 }, (_one, index) => `c${piece * 1_000 + index}`),
        time: minutesAgo(60 - piece),
        id: `piece ${piece}`,
      }),
    );
    const merges = Array.from({ length: 10_000 }, (_, index) =>
      checked({
        type: 'change_merged',
        service: 'monorepo',
        change: `c${index}`,
        time: minutesAgo(120),
        id: `merge ${index}`,
      }),
    );
    for (const batch of [pieces.slice(0, 3), merges.slice(0, 5_000), pieces.slice(3), merges.slice(5_000)])
      await storeBatch(db, batch);
    const shown = await scraped(db);
    const labels = 'environment="production",service="monorepo",team="",window="7d"';
    expect(shown.get(`dora_exposed_changes{${labels}}`)).toBe(1);
    expect(shown.get(`dora_lead_time_samples{${labels}}`)).toBe(10_000);
    expect(shown.get(`dora_lead_time_mean_seconds{${labels}}`)).toBe(3_600);
  });

  test('a share that is raised in 2,000 steps counts to the last of them', async () => {
    const steps = Array.from({ length: 2_000 }, (_, index) =>
      checked({
        type: 'change_exposed',
        service: 'checkout',
        change: 'c1',
        weight: (index + 1) / 25,
        time: minutesAgo(2_100 - index),
        id: `step ${index}`,
      }),
    );
    const rollback = checked({
      type: 'change_rolled_back',
      service: 'checkout',
      change: 'c1',
      time: minutesAgo(1),
      id: 'rollback',
    });
    for (const batch of batchesOf([rollback, ...steps.toReversed()], 500)) await storeBatch(db, batch);
    const labels = 'environment="production",service="checkout",team="",window="7d"';
    const failedExposure = (await scraped(db)).get(`dora_failed_exposure_seconds{${labels}}`);
    // 1,999 steps of a minute, and the last one of 100 minutes.
    const percentMinutes = (1_999 * 2_000) / 2 / 25 + 80 * 100;
    expect(failedExposure).toBeCloseTo((percentMinutes / 100) * 60, 3);
  });
});
