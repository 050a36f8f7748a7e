import type { Event, EventOf } from '../../domain/events/event.ts';
import { type IdentifiedEvent, identify } from '../../domain/events/identity.ts';
import { formatTime } from '../../domain/events/time.ts';
import { dayMs } from '../../domain/metrics/definitions.ts';
import { chance, pick, uniform } from './dice.ts';

/** Made-up traffic of a company; the same options give the same events. */
export interface TrafficOptions {
  /** About how many events: the traffic ends with the rollout that reaches this number. */
  readonly events: number;
  readonly services: number;
  /** Times of the first and the last exposure, milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Changes of a rollout; default: one to three. */
  readonly changesPerRollout?: number;
  /** Share of the rollouts that are rolled back; default 0.08. */
  readonly rolledBack?: number;
  /** Share of the rollouts after which an incident is detected; default 0.04. */
  readonly incidents?: number;
  /** Longest incident, in milliseconds; default two hours. */
  readonly incidentMs?: number;
  /** Prefix of all names: other seeds give other rollouts of the same services; default `a`. */
  readonly seed?: string;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Longest time from the creation of a change to its exposure. */
const createdBeforeMs = 3 * dayMs;

export const serviceName = (index: number): string => `service-${String(index).padStart(4, '0')}`;

/**
 * Ordinary traffic in the order of time, services mixed: every change is created and merged; half of the services
 * take traffic in four steps, a quarter blue/green, the others at once; some rollouts are rolled back, and some
 * are followed by an incident.
 */
export function* traffic(options: TrafficOptions): Generator<Event> {
  const { events, services, from, to } = options;
  const rolloutEvents = averageOf(options);
  const rollouts = Math.max(1, Math.ceil(events / rolloutEvents));
  const waiting = new Schedule();
  for (let rollout = 0; rollout < rollouts; rollout++) {
    const at = from + Math.floor(((to - from) * rollout) / rollouts);
    yield* waiting.until(at - createdBeforeMs);
    // The services come in another order in every turn.
    const turn = Math.floor(rollout / services);
    waiting.add(eventsOfRollout(options, (rollout * 7919 + turn * 104_729) % services, rollout, at));
  }
  yield* waiting.until(Number.POSITIVE_INFINITY);
}

/** The same events with their identities, as the collector publishes them. */
export function* identified(events: Iterable<Event>): Generator<IdentifiedEvent> {
  for (const event of events) yield identify(event, event.source, 0);
}

/** The items in groups of `size`, the last one smaller. */
export function* batches<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function averageOf({ changesPerRollout, rolledBack = 0.08, incidents = 0.04 }: TrafficOptions): number {
  return 2 * (changesPerRollout ?? 2) + 0.5 * 4 + 0.25 * 2 + 0.25 + rolledBack + 2 * incidents;
}

/** All events of one rollout, in any order. */
function eventsOfRollout(options: TrafficOptions, index: number, rollout: number, at: number): Event[] {
  const { seed = 'a', rolledBack = 0.08, incidents = 0.04, incidentMs = 2 * hourMs } = options;
  const rolloutSeed = `${seed}/${rollout}`;
  const service = serviceName(index);
  const team = `team-${index % 40}`;
  const events: Event[] = [];
  const add = <T extends Event['type']>(
    type: T,
    time: number,
    fields: Omit<EventOf<T>, 'type' | 'id' | 'source' | 'time' | 'service' | 'team'>,
  ) => {
    const id = `${rolloutSeed}/${events.length}`;
    events.push({
      type,
      id,
      source: 'bench',
      time: formatTime(Math.floor(time)),
      service,
      team,
      ...fields,
    } as unknown as Event);
  };

  const count = options.changesPerRollout ?? 1 + pick(rolloutSeed, 'changes', 3);
  const changes = Array.from({ length: count }, (_, change) => nameOf(`${rolloutSeed}/${change}`));
  for (const [number, change] of changes.entries()) {
    const merged = at - 10 * minuteMs - uniform(rolloutSeed, `merged ${number}`) * dayMs;
    add('change_created', merged - uniform(rolloutSeed, `created ${number}`) * dayMs, { change });
    add('change_merged', merged, { change });
  }
  const steps = stepsOf(index);
  const name = `rollout-${rolloutSeed}`;
  const [change = rolloutSeed, ...others] = changes;
  const carried = { change, ...(others.length > 0 && { changes: others.slice(0, 1000) }) };
  const isBad = chance(rolloutSeed, 'bad', rolledBack);
  const shown = isBad ? steps.slice(0, 1 + pick(rolloutSeed, 'shown', steps.length)) : steps;
  const strategy = steps.length === 4 ? 'canary' : steps.length === 2 ? 'blue_green' : 'direct';
  for (const [number, weight] of shown.entries())
    add('change_exposed', at + number * 10 * minuteMs, { rollout: name, weight, strategy, ...carried });
  const last = at + (shown.length - 1) * 10 * minuteMs;
  if (isBad)
    add('change_rolled_back', last + 5 * minuteMs, {
      rollout: name,
      cause: 'automatic',
      reason: 'error rate above 2 %',
    });
  if (chance(rolloutSeed, 'incident', incidents)) {
    const incident = `incident-${rolloutSeed}`;
    const detected = last + 3 * minuteMs;
    add('incident_detected', detected, { incident, severity: 'page' });
    add('incident_resolved', detected + minuteMs + uniform(rolloutSeed, 'length') * incidentMs, { incident });
  }
  return events;
}

function stepsOf(service: number): readonly number[] {
  switch (service % 4) {
    case 0:
    case 1:
      return [5, 25, 50, 100];
    case 2:
      return [0, 100];
    default:
      return [100];
  }
}

/** 40 hex digits, as a commit has. */
function nameOf(seed: string): string {
  let name = '';
  for (let part = 0; part < 5; part++)
    name += pick(seed, `name ${part}`, 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return name;
}

/** Events that are still to come; they leave in the order of time. */
class Schedule {
  #waiting: Event[] = [];
  #last = Number.NEGATIVE_INFINITY;

  add(events: readonly Event[]): void {
    this.#waiting.push(...events);
  }

  /** Removes and returns the events before `at`. Sorts only these, and only after every few hours of traffic. */
  *until(at: number): Generator<Event> {
    if (at - this.#last < createdBeforeMs / 24) return;
    this.#last = at;
    const limit = formatTime(Math.min(at, Date.UTC(9999, 0)));
    const due = this.#waiting.filter(event => event.time < limit);
    this.#waiting = this.#waiting.filter(event => event.time >= limit);
    due.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    yield* due;
  }
}
