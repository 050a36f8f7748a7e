import fc from 'fast-check';
import { causes, type Event, type SentEvent, strategies } from '../../../domain/events/event.ts';
import { type IdentifiedEvent, identify } from '../../../domain/events/identity.ts';
import { formatTime } from '../../../domain/events/time.ts';

/** The time at which the numbers of the generated histories are read. */
export const now = Date.UTC(2026, 4, 20, 12);

const minute = 60_000;
const day = 1_440 * minute;

/**
 * Few names and few times, so that there are ties, returns, artifacts and overlaps. Most events lie in two days, in
 * steps of 20 minutes, a few at the edges of windows and of a return's reach, a few anywhere.
 */
const timeBetween = (from: number, to: number) =>
  fc
    .oneof(
      {
        weight: 9,
        arbitrary: fc.integer({ min: from, max: to }).map(step => now - 2 * day + step * 20 * minute),
      },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 11 }).map(step => now - step * 10 * day) },
      { weight: 1, arbitrary: fc.integer({ min: -2, max: 200 * 24 }).map(hour => now - hour * 60 * minute) },
    )
    .map(formatTime);
const oneOf = <const T>(...values: T[]) => fc.constantFrom(...values);
const maybe = <T>(arbitrary: fc.Arbitrary<T>, oneIn = 2) =>
  fc.option(arbitrary, { nil: undefined, freq: oneIn - 1 });
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc
    .option(arbitrary, { nil: undefined, freq: 1 })
    .chain(value => fc.boolean().map(isGiven => (isGiven ? value : undefined)));

const service = oneOf('checkout', 'checkout', 'checkout', 'search');
const environment = oneOf(undefined, undefined, undefined, 'production', 'staging');
// The last two sort differently by UTF-16 units than by UTF-8 bytes.
const change = oneOf('c1', 'c2', 'c3', 'c4', 'c5', 'c6', '\u{1f600}', '\uffee');
const artifact = oneOf('a1', 'a2', 'a3', 'c2');
const rollout = oneOf('r1', 'r2', 'r3', 'r4', 'r5', '\u{1f680}', '\uff21');
const incident = oneOf('i1', 'i2', 'i3', 'i4');
const weight = oneOf(undefined, 0, 1, 5, 25, 33.3, 50, 100, 100);
const team = oneOf(undefined, undefined, undefined, 'red', 'blue');

const eventOf = <T extends SentEvent['type']>(
  type: T,
  often: number,
  time: fc.Arbitrary<string>,
  fields: Record<string, fc.Arbitrary<unknown>>,
) => ({
  weight: often,
  arbitrary: fc.record({ type: fc.constant(type), time, team, ...fields }).map(event => withoutAbsent(event)),
});

const sent: fc.Arbitrary<SentEvent> = fc.oneof(
  eventOf('change_created', 2, timeBetween(0, 8), { service, change }),
  eventOf('change_merged', 6, timeBetween(0, 20), {
    service,
    change,
    artifact: maybe(fc.oneof(artifact, fc.uniqueArray(artifact, { minLength: 1 })), 3),
    rework: rarely(fc.boolean()),
  }),
  eventOf('change_exposed', 9, timeBetween(4, 30), {
    service,
    change,
    environment,
    rollout: maybe(rollout),
    changes: rarely(fc.uniqueArray(change, { minLength: 1, maxLength: 3 })),
    artifact: maybe(artifact, 4),
    weight,
    strategy: rarely(oneOf(...strategies)),
    drill: oneOf(...Array<undefined>(24).fill(undefined), true),
    rework: rarely(fc.boolean()),
  }),
  eventOf('change_exposed', 3, timeBetween(4, 30), {
    service,
    environment,
    artifact,
    weight,
    rollout: maybe(rollout),
  }),
  eventOf('change_exposed', 1, timeBetween(4, 30), { service, environment, weight, rollout }),
  eventOf('change_rolled_back', 4, timeBetween(6, 40), {
    service,
    environment,
    change,
    rollout: maybe(rollout),
    cause: rarely(oneOf(...causes)),
    weight: rarely(weight),
    incident: rarely(incident),
    drill: oneOf(...Array<undefined>(24).fill(undefined), true),
  }),
  eventOf('incident_detected', 3, timeBetween(4, 40), {
    service,
    environment,
    incident,
    rollout: rarely(rollout),
    change: rarely(change),
  }),
  eventOf('incident_resolved', 5, timeBetween(8, 60), {
    service,
    environment,
    incident,
    rollout: rarely(rollout),
    change: rarely(change),
  }),
  eventOf('flag_changed', 1, timeBetween(0, 60), { service: maybe(service), flag: oneOf('f1', 'f2') }),
);

/** One stream only, of few changes that come back again and again: heads, returns, and returns undone. */
const back: fc.Arbitrary<SentEvent> = fc.oneof(
  eventOf('change_merged', 2, timeBetween(0, 14), { service: fc.constant('checkout'), change }),
  eventOf('change_exposed', 7, timeBetween(4, 30), {
    service: fc.constant('checkout'),
    change: oneOf('c1', 'c2', 'c3'),
    rollout: oneOf('r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8'),
    drill: oneOf(...Array<undefined>(30).fill(undefined), true),
    strategy: oneOf(...Array<undefined>(12).fill(undefined), 'flag'),
  }),
  eventOf('change_rolled_back', 1, timeBetween(6, 40), {
    service: fc.constant('checkout'),
    rollout: oneOf('r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8'),
  }),
);

const manyRollouts = Array.from({ length: 40 }, (_, index) => `r${index}`);
/** Up to 80 days, in steps of a day: within a return's reach and beyond it. */
const longAgo = fc.integer({ min: 0, max: 80 }).map(days => formatTime(now - (90 - days) * day));

/** One stream of many rollouts that name the same few changes: more earlier ones than an evaluation loads. */
const again: fc.Arbitrary<SentEvent> = fc.oneof(
  eventOf('change_merged', 1, longAgo, {
    service: fc.constant('checkout'),
    change,
    artifact: rarely(artifact),
  }),
  eventOf('change_exposed', 9, longAgo, {
    service: fc.constant('checkout'),
    change: oneOf('c1', 'c1', 'c2', 'c3'),
    changes: oneOf(...Array<undefined>(6).fill(undefined), ['c2'], ['c3']),
    rollout: oneOf(...manyRollouts),
    strategy: oneOf(...Array<undefined>(20).fill(undefined), 'flag'),
  }),
  eventOf('change_exposed', 1, longAgo, {
    service: fc.constant('checkout'),
    artifact,
    rollout: oneOf(...manyRollouts),
  }),
  eventOf('change_rolled_back', 2, longAgo, {
    service: fc.constant('checkout'),
    rollout: oneOf(...manyRollouts),
  }),
);

/** Random histories of all seven types; every event has an identity of its own. */
export const histories: fc.Arbitrary<IdentifiedEvent[]> = fc
  .oneof(
    { weight: 1, arbitrary: fc.array(sent, { minLength: 1, maxLength: 12 }) },
    { weight: 3, arbitrary: fc.array(sent, { minLength: 20, maxLength: 70, size: 'max' }) },
    { weight: 3, arbitrary: fc.array(back, { minLength: 8, maxLength: 30, size: 'max' }) },
    { weight: 2, arbitrary: fc.array(again, { minLength: 30, maxLength: 80, size: 'max' }) },
  )
  .map(events =>
    events.map((event, index) => identify({ ...event, id: `e${index}`, source: 'test' }, 'test', now)),
  );

/** The same events in another order, with repeats, in batches of any size. */
export function disorder(history: readonly IdentifiedEvent[]): fc.Arbitrary<IdentifiedEvent[][]> {
  const indexes = fc.shuffledSubarray([...history.keys()], { minLength: history.length });
  const repeats = fc.array(fc.nat(history.length - 1), { maxLength: history.length });
  const size = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 12 }));
  const cuts = fc.array(size, { minLength: 1, maxLength: 60 });
  return fc.tuple(indexes, repeats, cuts).map(([order, again, sizes]) => {
    const arriving = [...order, ...again].flatMap(index => history[index] ?? []);
    const batches: IdentifiedEvent[][] = [];
    for (let from = 0, turn = 0; from < arriving.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      batches.push(arriving.slice(from, from + size));
      from += size;
    }
    return batches;
  });
}

export const eventsOf = (history: readonly IdentifiedEvent[]): Event[] => history.map(({ event }) => event);

function withoutAbsent(event: Record<string, unknown>): SentEvent {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined)) as SentEvent;
}
