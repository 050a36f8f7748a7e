import type { Event, EventOf, EventType } from '../../domain/events/event.ts';
import { formatTime } from '../../domain/events/time.ts';
import { dayMs } from '../../domain/metrics/definitions.ts';
import { pick } from './dice.ts';
import { serviceName, type TrafficOptions, traffic } from './traffic.ts';

/** Traffic that strains one part of the store; the same count gives the same events. */
export interface TrafficPattern {
  readonly name: string;
  /** Stored before the clock starts. */
  readonly before?: (count: number) => Iterable<Event>;
  /** About `count` events, in the order of their arrival. */
  readonly events: (count: number) => Iterable<Event>;
}

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
/** The end of all traffic. It is a constant, so that two runs measure the same. */
export const endOfTraffic = Date.UTC(2026, 10, 20);

const services = 1_000;
const quarterMs = 90 * dayMs;

/** The baseline of the patterns: three months of a thousand services. */
export const ordinary = (count: number, options: Partial<TrafficOptions> = {}): Iterable<Event> =>
  traffic({ events: count, services, from: endOfTraffic - quarterMs, to: endOfTraffic - dayMs, ...options });

/** Patterns with a goal: the store takes them at a third of the ordinary rate at least. */
export const namedPatterns: readonly TrafficPattern[] = [
  { name: 'one hot service', events: count => ordinary(count, { services: 1 }) },
  {
    name: 'all late by a year',
    before: count => ordinary(count, { from: endOfTraffic - 730 * dayMs, seed: 'before' }),
    events: count =>
      ordinary(count, { from: endOfTraffic - 365 * dayMs - quarterMs, to: endOfTraffic - 365 * dayMs }),
  },
  { name: 'all rollbacks', events: count => ordinary(count, { rolledBack: 1 }) },
  { name: 'every change carried by one rollout', events: oneForAll },
];

/** Patterns without a goal. They have one service unless their name says otherwise: most of them strain one stream. */
export const furtherPatterns: readonly TrafficPattern[] = [
  { name: 'in reverse order', events: count => [...ordinary(count)].reverse() },
  { name: 'in random order', events: count => shuffled(ordinary(count)) },
  { name: 'one service in random order', events: count => shuffled(ordinary(count, { services: 1 })) },
  {
    name: 'everything at one instant',
    events: count => atOneInstant(ordinary(count, { incidents: 0.2 })),
  },
  {
    name: 'one service, everything at one instant',
    events: count => atOneInstant(ordinary(count, { services: 1, incidents: 0.2 })),
  },
  { name: 'every rollout names one change', events: count => deployments(count, () => ({ change: 'main' })) },
  {
    name: 'every rollout names one artifact that no change became',
    events: count => deployments(count, () => ({ artifact: 'registry.example/app:latest' })),
  },
  { name: 'every change becomes one artifact, which every rollout names', events: oneArtifact },
  { name: 'one artifact stands for 1,000 changes', events: count => artifacts(count, 1_000) },
  {
    name: 'two versions back and forth',
    events: count => deployments(count, number => ({ change: `version-${number % 2}` })),
  },
  {
    name: 'three versions in turn',
    events: count => deployments(count, number => ({ change: `version-${number % 3}` })),
  },
  {
    name: 'one version returns again and again',
    events: count => deployments(count, number => ({ change: number === 1 ? 'bad' : 'good' })),
  },
  {
    name: 'versions back and forth in random order',
    events: count => shuffled(deployments(count, number => ({ change: `version-${number % 2}` }))),
  },
  {
    name: 'one version returns again and again, in random order',
    events: count => shuffled(deployments(count, number => ({ change: number === 1 ? 'bad' : 'good' }))),
  },
  {
    name: 'one rollout name for all',
    events: count => deployments(count, number => ({ rollout: 'deploy', change: `change-${number}` })),
  },
  { name: '1,000 steps of every rollout', events: count => steps(count, 1_000) },
  {
    name: '1,000 steps of every rollout, then rolled back, reversed',
    events: count => [...steps(count, 1_000)].reverse(),
  },
  {
    name: 'all drills',
    events: count => deployments(count, number => ({ change: `change-${number}`, drill: true })),
  },
  {
    name: 'all flags',
    events: count => deployments(count, number => ({ change: `change-${number}`, strategy: 'flag' })),
  },
  {
    name: 'all flags in random order',
    events: count =>
      shuffled(deployments(count, number => ({ change: `change-${number}`, strategy: 'flag' }))),
  },
  { name: 'flag changes only', events: flagChanges },
  { name: 'an incident that stays open, told every minute', events: openIncident },
  { name: 'all incidents overlap', events: overlapping },
  {
    name: 'each incident overlaps the next',
    events: count => incidents(count, 10 * minuteMs, 15 * minuteMs),
  },
  { name: 'incidents that follow each other', events: count => incidents(count, 10 * minuteMs, minuteMs) },
  {
    name: 'every incident names one change',
    events: count => incidents(count, 10 * minuteMs, minuteMs, 'main'),
  },
  { name: 'an incident at every second of a rollout with many steps', events: incidentsAndSteps },
];

/** Makes events of one source; `seed` is the prefix of their ids. */
function eventMaker(seed: string) {
  let made = 0;
  return <T extends EventType>(
    type: T,
    service: number,
    time: number,
    fields: Omit<EventOf<T>, 'type' | 'id' | 'source' | 'time' | 'service'>,
  ): Event => {
    const id = `${seed}/${made++}`;
    return {
      type,
      id,
      source: 'bench',
      time: formatTime(Math.floor(time)),
      service: serviceName(service),
      ...fields,
    } as unknown as Event;
  };
}

/** Evenly spread times, from three months ago on. */
const timeOf = (number: number, of: number): number =>
  endOfTraffic - quarterMs + Math.floor((number / of) * (quarterMs - dayMs));

type Exposure = Omit<EventOf<'change_exposed'>, 'type' | 'id' | 'source' | 'time' | 'service'>;

/** Rollouts of one event each, to all traffic at once. */
function* deployments(count: number, fieldsOf: (number: number) => Exposure): Generator<Event> {
  const make = eventMaker('deployments');
  for (let number = 0; number < count; number++)
    yield make('change_exposed', 0, timeOf(number, count), {
      rollout: `rollout-${number}`,
      ...fieldsOf(number),
    });
}

/** Two rollouts. The second carries all changes but one, most of them unnamed, takes traffic in steps and is rolled back. */
function* oneForAll(count: number): Generator<Event> {
  const make = eventMaker('one for all');
  const merges = count - 6;
  for (let number = 0; number < merges; number++) {
    const at = timeOf(number, merges);
    yield make('change_merged', 0, at, { change: `change-${number}` });
    if (number === 0) yield make('change_exposed', 0, at + secondMs, { change: 'change-0' });
  }
  const change = `change-${merges - 1}`;
  const begin = endOfTraffic - 12 * hourMs;
  for (const [number, weight] of [5, 25, 50, 100].entries())
    yield make('change_exposed', 0, begin + number * minuteMs, { change, weight, strategy: 'canary' });
  yield make('change_rolled_back', 0, begin + hourMs, { change });
}

function* oneArtifact(count: number): Generator<Event> {
  const make = eventMaker('one artifact');
  const artifact = 'registry.example/app:latest';
  for (let number = 0; number < count / 2; number++) {
    const at = timeOf(number, count / 2);
    yield make('change_merged', 0, at, { change: `change-${number}`, artifact });
    yield make('change_exposed', 0, at + minuteMs, { rollout: `rollout-${number}`, artifact });
  }
}

function* artifacts(count: number, changes: number): Generator<Event> {
  const make = eventMaker('artifacts');
  for (let number = 0; number < count - 1; number++) {
    const artifact = `app:${Math.floor(number / changes)}`;
    const at = timeOf(number, count);
    yield make('change_merged', 0, at, { change: `change-${number}`, artifact });
    if (number % changes === changes - 1) yield make('change_exposed', 0, at + secondMs, { artifact });
  }
}

function* steps(count: number, ofEach: number): Generator<Event> {
  const make = eventMaker('steps');
  const rollouts = Math.max(1, Math.floor(count / (ofEach + 1)));
  for (let rollout = 0; rollout < rollouts; rollout++) {
    const begin = timeOf(rollout, rollouts);
    const change = `change-${rollout}`;
    for (let step = 1; step <= ofEach; step++)
      yield make('change_exposed', 0, begin + step * secondMs, { change, weight: (step / ofEach) * 99 });
    yield make('change_rolled_back', 0, begin + ofEach * secondMs, { change });
  }
}

function* flagChanges(count: number): Generator<Event> {
  const make = eventMaker('flags');
  for (let number = 0; number < count; number++)
    yield make('flag_changed', number % services, timeOf(number, count), {
      flag: `flag-${number % 50}`,
      variant: String(number % 100),
    });
}

function* openIncident(count: number): Generator<Event> {
  const make = eventMaker('open incident');
  for (let number = 0; number < count; number++)
    yield make('incident_detected', 0, endOfTraffic - (count - number) * minuteMs, { incident: 'forgotten' });
}

/** All incidents are detected before the first is resolved. */
function* overlapping(count: number): Generator<Event> {
  const make = eventMaker('overlapping');
  const half = Math.floor(count / 2);
  for (const type of ['incident_detected', 'incident_resolved'] as const)
    for (let number = 0; number < half; number++) {
      const at = endOfTraffic - (type === 'incident_detected' ? 2 : 1) * 30 * dayMs + number * secondMs;
      yield make(type, 0, at, { incident: `incident-${number}` });
    }
}

/** Incidents at even intervals and of one length, in the order of time; one rollout for every ten of them. */
function* incidents(count: number, everyMs: number, lengthMs: number, change?: string): Generator<Event> {
  const make = eventMaker('incidents');
  const begin = endOfTraffic - (count / 2) * everyMs;
  const events: Event[] = [];
  for (let number = 0; number < count / 2; number++) {
    const at = begin + number * everyMs;
    const fields = { incident: `incident-${number}`, ...(change !== undefined && { change }) };
    events.push(make('incident_detected', 0, at, fields));
    events.push(make('incident_resolved', 0, at + lengthMs, fields));
    if (number % 10 === 0)
      events.push(
        make('change_exposed', 0, at - minuteMs, {
          rollout: `rollout-${number}`,
          change: change ?? `change-${number}`,
        }),
      );
  }
  yield* events.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** Half of the events are steps of one rollout after the other, half are incidents that name no rollout. */
function* incidentsAndSteps(count: number): Generator<Event> {
  const make = eventMaker('incidents and steps');
  const begin = endOfTraffic - count * secondMs;
  for (let number = 0; number < count / 2; number++) {
    const at = begin + number * secondMs;
    const change = `change-${Math.floor(number / 1_000)}`;
    yield make('change_exposed', 0, at, { change, weight: 1 + (number % 99) });
    yield make('incident_detected', 0, at, { incident: `incident-${number}` });
  }
}

function* atOneInstant(events: Iterable<Event>): Generator<Event> {
  for (const event of events) yield { ...event, time: formatTime(endOfTraffic - dayMs) };
}

/** The shuffle of Fisher and Yates. */
function shuffled(events: Iterable<Event>): Event[] {
  const all = [...events];
  for (let last = all.length - 1; last > 0; last--) {
    const other = pick('shuffle', String(last), last + 1);
    const [one, two] = [all[last], all[other]];
    if (one && two) [all[last], all[other]] = [two, one];
  }
  return all;
}

/** Incidents of one service, one a minute, each so long that `open` of them overlap. */
export function* overlappingIncidents(count: number, open: number): Generator<Event> {
  const make = eventMaker('open at once');
  const begin = endOfTraffic - (count / 2 + open) * minuteMs;
  const ends = Math.floor(count / 2);
  for (let number = 0; number < ends + open; number++) {
    const resolved = number - open;
    // Half a minute shorter, so that incidents do not touch when `open` is 1.
    if (resolved >= 0)
      yield make('incident_resolved', 0, begin + number * minuteMs - minuteMs / 2, {
        incident: `incident-${resolved}`,
      });
    if (number < ends)
      yield make('incident_detected', 0, begin + number * minuteMs, { incident: `incident-${number}` });
  }
}
