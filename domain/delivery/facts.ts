import { compareBytes } from '../events/byte-order.ts';
import { type Cause, defaultEnvironment, type Event, fullWeight, rolloutOf } from '../events/event.ts';
import { parseTime } from '../events/time.ts';
import { earliest, latest } from './timestamps.ts';

/**
 * What is known of a change, a rollout, an incident. Facts are a semilattice: they hold minima, maxima,
 * sets and flags, never counts, so events may come in any order and any number of times.
 * Moments are milliseconds since 1970; null means not known.
 */
export interface ChangeFacts {
  readonly created: number | null;
  readonly merged: number | null;
  /** Made to repair a failure. */
  readonly rework: boolean;
  /** What the change became. */
  readonly artifacts: ReadonlySet<string>;
}

export interface RolloutFacts {
  /** Earliest exposure with weight > 0. */
  readonly exposed: number | null;
  /** Earliest exposure with weight 100. */
  readonly full: number | null;
  readonly rolledBack: number | null;
  /** Why, as its earliest rollback says; of one instant, the first by bytes. */
  readonly cause: Cause | null;
  /** The weight that its earliest rollback says it had by then; of one instant, the largest. */
  readonly rolledBackFrom: number | null;
  /** Weight in percent by the moment it was set; of one moment, the largest. */
  readonly steps: ReadonlyMap<number, number>;
  readonly flag: boolean;
  readonly drill: boolean;
  readonly rework: boolean;
  readonly progressive: boolean;
  readonly changes: ReadonlySet<string>;
  readonly artifacts: ReadonlySet<string>;
  /** Incidents that its rollbacks name. */
  readonly incidents: ReadonlySet<string>;
}

export interface IncidentFacts {
  readonly detected: number | null;
  readonly detectedLast: number | null;
  readonly resolvedLast: number | null;
  readonly rollouts: ReadonlySet<string>;
  readonly changes: ReadonlySet<string>;
}

/** Who a service said it belongs to, and when. */
export interface TeamClaim {
  readonly at: number;
  readonly team: string;
}

export type Fact =
  | { about: 'change'; service: string; change: string; facts: ChangeFacts }
  | { about: 'rollout'; service: string; environment: string; rollout: string; facts: RolloutFacts }
  | { about: 'incident'; service: string; environment: string; incident: string; facts: IncidentFacts };

const none: ReadonlySet<string> = new Set();

export const unknownChange: ChangeFacts = { created: null, merged: null, rework: false, artifacts: none };
export const unknownRollout: RolloutFacts = {
  exposed: null,
  full: null,
  rolledBack: null,
  cause: null,
  rolledBackFrom: null,
  steps: new Map(),
  flag: false,
  drill: false,
  rework: false,
  progressive: false,
  changes: none,
  artifacts: none,
  incidents: none,
};
export const unknownIncident: IncidentFacts = {
  detected: null,
  detectedLast: null,
  resolvedLast: null,
  rollouts: none,
  changes: none,
};

const progressiveStrategies: ReadonlySet<string> = new Set(['canary', 'blue_green', 'ab_test', 'flag']);

/** What one event says; null for `flag_changed`, which is an audit trail and no fact of a change. */
export function factOf(event: Event): Fact | null {
  const at = timestampOf(event);
  switch (event.type) {
    case 'change_created':
      return change(event, { ...unknownChange, created: at });
    case 'change_merged':
      return change(event, {
        created: null,
        merged: at,
        rework: event.rework === true,
        artifacts: new Set([event.artifact ?? []].flat()),
      });
    case 'change_exposed': {
      const weight = event.weight ?? fullWeight;
      const strategy = event.strategy ?? 'direct';
      return rollout(event, {
        ...unknownRollout,
        exposed: weight > 0 ? at : null,
        full: weight === fullWeight ? at : null,
        steps: new Map([[at, weight]]),
        flag: strategy === 'flag',
        drill: event.drill === true,
        rework: event.rework === true,
        progressive: (weight > 0 && weight < fullWeight) || progressiveStrategies.has(strategy),
        changes: setOf(event.change, ...(event.changes ?? [])),
        artifacts: setOf(event.artifact),
      });
    }
    case 'change_rolled_back':
      return rollout(event, {
        ...unknownRollout,
        rolledBack: at,
        cause: event.cause ?? null,
        rolledBackFrom: event.weight ?? null,
        drill: event.drill === true,
        incidents: setOf(event.incident),
      });
    case 'incident_detected':
      return incident(event, { detected: at, detectedLast: at, resolvedLast: null });
    case 'incident_resolved':
      return incident(event, { detected: null, detectedLast: null, resolvedLast: at });
    case 'flag_changed':
      return null;
  }
}

/** When the event happened, in milliseconds since 1970. */
export function timestampOf(event: Event): number {
  const at = parseTime(event.time);
  if (at === null) throw new TypeError(`not an RFC 3339 time: ${event.time}`);
  return at;
}

/** Who the event says its service belongs to, if it says so. */
export function teamClaimOf(event: Event): TeamClaim | null {
  if (event.team === undefined || event.service === undefined) return null;
  return { at: timestampOf(event), team: event.team };
}

export function joinChange(a: ChangeFacts, b: ChangeFacts): ChangeFacts {
  return {
    created: earliest(a.created, b.created),
    merged: earliest(a.merged, b.merged),
    rework: a.rework || b.rework,
    artifacts: a.artifacts.union(b.artifacts),
  };
}

export function joinRollout(a: RolloutFacts, b: RolloutFacts): RolloutFacts {
  return {
    exposed: earliest(a.exposed, b.exposed),
    full: earliest(a.full, b.full),
    ...joinRollback(a, b),
    steps: joinSteps(a.steps, b.steps),
    flag: a.flag || b.flag,
    drill: a.drill || b.drill,
    rework: a.rework || b.rework,
    progressive: a.progressive || b.progressive,
    changes: a.changes.union(b.changes),
    artifacts: a.artifacts.union(b.artifacts),
    incidents: a.incidents.union(b.incidents),
  };
}

export function joinIncident(a: IncidentFacts, b: IncidentFacts): IncidentFacts {
  return {
    detected: earliest(a.detected, b.detected),
    detectedLast: latest(a.detectedLast, b.detectedLast),
    resolvedLast: latest(a.resolvedLast, b.resolvedLast),
    rollouts: a.rollouts.union(b.rollouts),
    changes: a.changes.union(b.changes),
  };
}

/** The later claim holds; of one moment, the last by bytes. */
export function joinTeam(a: TeamClaim | null, b: TeamClaim | null): TeamClaim | null {
  if (!a || !b) return a ?? b;
  return (a.at - b.at || compareBytes(a.team, b.team)) >= 0 ? a : b;
}

type Rollback = Pick<RolloutFacts, 'rolledBack' | 'cause' | 'rolledBackFrom'>;

/** What is said of a rollback that is not the earliest does not count. */
function joinRollback(a: Rollback, b: Rollback): Rollback {
  const rolledBack = earliest(a.rolledBack, b.rolledBack);
  const [first, other] = [a, b].filter(rollback => rollback.rolledBack === rolledBack);
  const causes = [first?.cause, other?.cause].filter(cause => cause !== null && cause !== undefined);
  return {
    rolledBack,
    cause: causes.toSorted(compareBytes)[0] ?? null,
    rolledBackFrom: latest(first?.rolledBackFrom ?? null, other?.rolledBackFrom ?? null),
  };
}

function joinSteps(
  a: ReadonlyMap<number, number>,
  b: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const joined = new Map(a);
  for (const [at, weight] of b) joined.set(at, Math.max(weight, joined.get(at) ?? 0));
  return joined;
}

function setOf(...names: (string | undefined)[]): ReadonlySet<string> {
  return new Set(names.filter(name => name !== undefined));
}

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

function change(event: Of<'change_created' | 'change_merged'>, facts: ChangeFacts): Fact {
  return { about: 'change', service: event.service, change: event.change, facts };
}

function rollout(event: Of<'change_exposed' | 'change_rolled_back'>, facts: RolloutFacts): Fact {
  const environment = event.environment ?? defaultEnvironment;
  return { about: 'rollout', service: event.service, environment, rollout: rolloutOf(event), facts };
}

function incident(
  event: Of<'incident_detected' | 'incident_resolved'>,
  moments: Pick<IncidentFacts, 'detected' | 'detectedLast' | 'resolvedLast'>,
): Fact {
  const environment = event.environment ?? defaultEnvironment;
  const facts = { ...moments, rollouts: setOf(event.rollout), changes: setOf(event.change) };
  return { about: 'incident', service: event.service, environment, incident: event.incident, facts };
}
