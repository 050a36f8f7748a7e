import type { Event, EventOf, EventType } from '../../domain/events/event.ts';
import { formatTime } from '../../domain/events/time.ts';
import { dayMs } from '../../domain/metrics/definitions.ts';
import { pick } from './dice.ts';
import { serviceName, type TrafficOptions, traffic } from './traffic.ts';

/** Events that strain one part of the store; the same count gives the same events. */
export interface Stream {
  readonly name: string;
  /** Told before the clock starts. */
  readonly before?: (count: number) => Iterable<Event>;
  /** About so many events, in the order in which they arrive. */
  readonly events: (count: number) => Iterable<Event>;
}

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
/** When all of this is over; no clock is read, so that two runs measure the same. */
export const endOfTraffic = Date.UTC(2026, 10, 20);

const services = 1_000;
const quarterMs = 90 * dayMs;

/** What the others are held against: a quarter of the year of a thousand services. */
export const ordinary = (count: number, options: Partial<TrafficOptions> = {}): Iterable<Event> =>
  traffic({ events: count, services, from: endOfTraffic - quarterMs, to: endOfTraffic - dayMs, ...options });

/** Those that must not be slower than a third of the ordinary one. */
export const namedStreams: readonly Stream[] = [
  { name: 'one hot service', events: count => ordinary(count, { services: 1 }) },
  {
    name: 'all late by a year',
    before: count => ordinary(count, { from: endOfTraffic - 730 * dayMs, stream: 'before' }),
    events: count =>
      ordinary(count, { from: endOfTraffic - 365 * dayMs - quarterMs, to: endOfTraffic - 365 * dayMs }),
  },
  { name: 'all rollbacks', events: count => ordinary(count, { rolledBack: 1 }) },
  { name: 'every change carried by one rollout', events: oneForAll },
];

/** Others that could hurt. One service unless their name says otherwise: a line is what most of them strain. */
export const furtherStreams: readonly Stream[] = [
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

/** Makes events of one source, each with an id of its own. */
function teller(stream: string) {
  let told = 0;
  return <T extends EventType>(
    type: T,
    service: number,
    time: number,
    fields: Omit<EventOf<T>, 'type' | 'id' | 'source' | 'time' | 'service'>,
  ): Event => {
    const id = `${stream}/${told++}`;
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

/** Moments from a quarter of a year ago on, evenly. */
const momentOf = (number: number, of: number): number =>
  endOfTraffic - quarterMs + Math.floor((number / of) * (quarterMs - dayMs));

type Exposure = Omit<EventOf<'change_exposed'>, 'type' | 'id' | 'source' | 'time' | 'service'>;

/** Rollouts at once and nothing else, one event each. */
function* deployments(count: number, fieldsOf: (number: number) => Exposure): Generator<Event> {
  const tell = teller('deployments');
  for (let number = 0; number < count; number++)
    yield tell('change_exposed', 0, momentOf(number, count), {
      rollout: `rollout-${number}`,
      ...fieldsOf(number),
    });
}

/** Two rollouts: the second carries, unnamed, all but one of the changes. It takes traffic in steps, then is rolled back. */
function* oneForAll(count: number): Generator<Event> {
  const tell = teller('one for all');
  const merges = count - 6;
  for (let number = 0; number < merges; number++) {
    const at = momentOf(number, merges);
    yield tell('change_merged', 0, at, { change: `change-${number}` });
    if (number === 0) yield tell('change_exposed', 0, at + secondMs, { change: 'change-0' });
  }
  const change = `change-${merges - 1}`;
  const begin = endOfTraffic - 12 * hourMs;
  for (const [number, weight] of [5, 25, 50, 100].entries())
    yield tell('change_exposed', 0, begin + number * minuteMs, { change, weight, strategy: 'canary' });
  yield tell('change_rolled_back', 0, begin + hourMs, { change });
}

function* oneArtifact(count: number): Generator<Event> {
  const tell = teller('one artifact');
  const artifact = 'registry.example/app:latest';
  for (let number = 0; number < count / 2; number++) {
    const at = momentOf(number, count / 2);
    yield tell('change_merged', 0, at, { change: `change-${number}`, artifact });
    yield tell('change_exposed', 0, at + minuteMs, { rollout: `rollout-${number}`, artifact });
  }
}

function* artifacts(count: number, changes: number): Generator<Event> {
  const tell = teller('artifacts');
  for (let number = 0; number < count - 1; number++) {
    const artifact = `app:${Math.floor(number / changes)}`;
    const at = momentOf(number, count);
    yield tell('change_merged', 0, at, { change: `change-${number}`, artifact });
    if (number % changes === changes - 1) yield tell('change_exposed', 0, at + secondMs, { artifact });
  }
}

function* steps(count: number, ofEach: number): Generator<Event> {
  const tell = teller('steps');
  const rollouts = Math.max(1, Math.floor(count / (ofEach + 1)));
  for (let rollout = 0; rollout < rollouts; rollout++) {
    const begin = momentOf(rollout, rollouts);
    const change = `change-${rollout}`;
    for (let step = 1; step <= ofEach; step++)
      yield tell('change_exposed', 0, begin + step * secondMs, { change, weight: (step / ofEach) * 99 });
    yield tell('change_rolled_back', 0, begin + ofEach * secondMs, { change });
  }
}

function* flagChanges(count: number): Generator<Event> {
  const tell = teller('flags');
  for (let number = 0; number < count; number++)
    yield tell('flag_changed', number % services, momentOf(number, count), {
      flag: `flag-${number % 50}`,
      variant: String(number % 100),
    });
}

function* openIncident(count: number): Generator<Event> {
  const tell = teller('open incident');
  for (let number = 0; number < count; number++)
    yield tell('incident_detected', 0, endOfTraffic - (count - number) * minuteMs, { incident: 'forgotten' });
}

/** All are detected before the first is resolved. */
function* overlapping(count: number): Generator<Event> {
  const tell = teller('overlapping');
  const half = Math.floor(count / 2);
  for (const type of ['incident_detected', 'incident_resolved'] as const)
    for (let number = 0; number < half; number++) {
      const at = endOfTraffic - (type === 'incident_detected' ? 2 : 1) * 30 * dayMs + number * secondMs;
      yield tell(type, 0, at, { incident: `incident-${number}` });
    }
}

/** One every so often, that lasts so long; in the order of time, with a rollout now and then. */
function* incidents(count: number, everyMs: number, lengthMs: number, change?: string): Generator<Event> {
  const tell = teller('incidents');
  const begin = endOfTraffic - (count / 2) * everyMs;
  const told: Event[] = [];
  for (let number = 0; number < count / 2; number++) {
    const at = begin + number * everyMs;
    const fields = { incident: `incident-${number}`, ...(change !== undefined && { change }) };
    told.push(tell('incident_detected', 0, at, fields));
    told.push(tell('incident_resolved', 0, at + lengthMs, fields));
    if (number % 10 === 0)
      told.push(
        tell('change_exposed', 0, at - minuteMs, {
          rollout: `rollout-${number}`,
          change: change ?? `change-${number}`,
        }),
      );
  }
  yield* told.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** Half of the events move the traffic of one rollout at a time, the others are incidents that name nothing. */
function* incidentsAndSteps(count: number): Generator<Event> {
  const tell = teller('incidents and steps');
  const begin = endOfTraffic - count * secondMs;
  for (let number = 0; number < count / 2; number++) {
    const at = begin + number * secondMs;
    const change = `change-${Math.floor(number / 1_000)}`;
    yield tell('change_exposed', 0, at, { change, weight: 1 + (number % 99) });
    yield tell('incident_detected', 0, at, { incident: `incident-${number}` });
  }
}

function* atOneInstant(events: Iterable<Event>): Generator<Event> {
  for (const event of events) yield { ...event, time: formatTime(endOfTraffic - dayMs) };
}

/** Fisher and Yates's shuffle. */
function shuffled(events: Iterable<Event>): Event[] {
  const all = [...events];
  for (let last = all.length - 1; last > 0; last--) {
    const other = pick('shuffle', String(last), last + 1);
    const [one, two] = [all[last], all[other]];
    if (one && two) [all[last], all[other]] = [two, one];
  }
  return all;
}

/** Incidents of one service, one a minute, so long that so many are open at once; each begins and ends in turn. */
export function* overlappingIncidents(count: number, open: number): Generator<Event> {
  const tell = teller('open at once');
  const begin = endOfTraffic - (count / 2 + open) * minuteMs;
  const ends = Math.floor(count / 2);
  for (let number = 0; number < ends + open; number++) {
    const resolved = number - open;
    // Half a minute short, so that one at a time leaves a gap.
    if (resolved >= 0)
      yield tell('incident_resolved', 0, begin + number * minuteMs - minuteMs / 2, {
        incident: `incident-${resolved}`,
      });
    if (number < ends)
      yield tell('incident_detected', 0, begin + number * minuteMs, { incident: `incident-${number}` });
  }
}
