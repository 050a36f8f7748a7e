import { compareBytes } from '../events/byte-order.ts';
import { type Cause, defaultEnvironment, type Event, fullWeight, rolloutOf } from '../events/event.ts';
import { earliest, latest, parseTime } from '../events/time.ts';

/**
 * What is known of a change, a rollout or an incident. Facts are a semilattice: they hold minima, maxima, sets and flags,
 * never counts, so that events may come in any order and any number of times. Times are milliseconds since 1970; null means
 * not known.
 */
export interface ChangeFacts {
  readonly createdAt: number | null;
  readonly mergedAt: number | null;
  /** Made to repair a failure. */
  readonly rework: boolean;
  /** What it became: images, tags, versions. */
  readonly artifacts: ReadonlySet<string>;
}

export interface RolloutFacts {
  /** Earliest exposure with weight > 0. */
  readonly exposedAt: number | null;
  /** Earliest exposure with weight 100. */
  readonly fullAt: number | null;
  readonly rolledBackAt: number | null;
  /** The cause of its earliest rollback; of several at one time, the first by bytes. */
  readonly cause: Cause | null;
  /** The weight that it had at its earliest rollback; of several at one time, the largest. */
  readonly rolledBackFrom: number | null;
  /** Weight in percent by the time at which it was set; of several at one time, the largest. */
  readonly steps: ReadonlyMap<number, number>;
  readonly flag: boolean;
  readonly drill: boolean;
  readonly rework: boolean;
  readonly progressive: boolean;
  readonly changes: ReadonlySet<string>;
  readonly artifacts: ReadonlySet<string>;
  /** The incidents that its rollbacks name. */
  readonly incidents: ReadonlySet<string>;
}

export interface IncidentFacts {
  readonly detectedAt: number | null;
  readonly detectedLastAt: number | null;
  readonly resolvedLastAt: number | null;
  readonly rollouts: ReadonlySet<string>;
  readonly changes: ReadonlySet<string>;
}

/** The team that an event names as the owner of its service. */
export interface TeamClaim {
  readonly at: number;
  readonly team: string;
}

export type Fact =
  | { subject: 'change'; service: string; change: string; facts: ChangeFacts }
  | { subject: 'rollout'; service: string; environment: string; rollout: string; facts: RolloutFacts }
  | { subject: 'incident'; service: string; environment: string; incident: string; facts: IncidentFacts };

const noNames: ReadonlySet<string> = new Set();

export const unknownChange: ChangeFacts = {
  createdAt: null,
  mergedAt: null,
  rework: false,
  artifacts: noNames,
};
export const unknownRollout: RolloutFacts = {
  exposedAt: null,
  fullAt: null,
  rolledBackAt: null,
  cause: null,
  rolledBackFrom: null,
  steps: new Map(),
  flag: false,
  drill: false,
  rework: false,
  progressive: false,
  changes: noNames,
  artifacts: noNames,
  incidents: noNames,
};
export const unknownIncident: IncidentFacts = {
  detectedAt: null,
  detectedLastAt: null,
  resolvedLastAt: null,
  rollouts: noNames,
  changes: noNames,
};

const progressiveStrategies: ReadonlySet<string> = new Set(['canary', 'blue_green', 'ab_test', 'flag']);

/** The facts that one event reports; null for `flag_changed`, which is about none of them. */
export function factOf(event: Event): Fact | null {
  const at = timestampOf(event);
  switch (event.type) {
    case 'change_created':
      return change(event, { ...unknownChange, createdAt: at });
    case 'change_merged':
      return change(event, {
        createdAt: null,
        mergedAt: at,
        rework: event.rework === true,
        artifacts: new Set([event.artifact ?? []].flat()),
      });
    case 'change_exposed': {
      const weight = event.weight ?? fullWeight;
      const strategy = event.strategy ?? 'direct';
      return rollout(event, {
        ...unknownRollout,
        exposedAt: weight > 0 ? at : null,
        fullAt: weight === fullWeight ? at : null,
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
        rolledBackAt: at,
        cause: event.cause ?? null,
        rolledBackFrom: event.weight ?? null,
        drill: event.drill === true,
        incidents: setOf(event.incident),
      });
    case 'incident_detected':
      return incident(event, { detectedAt: at, detectedLastAt: at, resolvedLastAt: null });
    case 'incident_resolved':
      return incident(event, { detectedAt: null, detectedLastAt: null, resolvedLastAt: at });
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

/** The team that the event names as the owner of its service, if it names one. */
export function teamClaimOf(event: Event): TeamClaim | null {
  if (event.team === undefined || event.service === undefined) return null;
  return { at: timestampOf(event), team: event.team };
}

export function joinChange(a: ChangeFacts, b: ChangeFacts): ChangeFacts {
  return {
    createdAt: earliest(a.createdAt, b.createdAt),
    mergedAt: earliest(a.mergedAt, b.mergedAt),
    rework: a.rework || b.rework,
    artifacts: a.artifacts.union(b.artifacts),
  };
}

export function joinRollout(a: RolloutFacts, b: RolloutFacts): RolloutFacts {
  return {
    exposedAt: earliest(a.exposedAt, b.exposedAt),
    fullAt: earliest(a.fullAt, b.fullAt),
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
    detectedAt: earliest(a.detectedAt, b.detectedAt),
    detectedLastAt: latest(a.detectedLastAt, b.detectedLastAt),
    resolvedLastAt: latest(a.resolvedLastAt, b.resolvedLastAt),
    rollouts: a.rollouts.union(b.rollouts),
    changes: a.changes.union(b.changes),
  };
}

/** The later claim holds; of two at one time, the last by bytes. */
export function joinTeam(a: TeamClaim | null, b: TeamClaim | null): TeamClaim | null {
  if (!a || !b) return a ?? b;
  return (a.at - b.at || compareBytes(a.team, b.team)) >= 0 ? a : b;
}

type Rollback = Pick<RolloutFacts, 'rolledBackAt' | 'cause' | 'rolledBackFrom'>;

/** Cause and weight are those of the earliest rollback. */
function joinRollback(a: Rollback, b: Rollback): Rollback {
  const rolledBackAt = earliest(a.rolledBackAt, b.rolledBackAt);
  const [first, other] = [a, b].filter(rollback => rollback.rolledBackAt === rolledBackAt);
  const causes = [first?.cause, other?.cause].filter(cause => cause !== null && cause !== undefined);
  return {
    rolledBackAt,
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
  return { subject: 'change', service: event.service, change: event.change, facts };
}

function rollout(event: Of<'change_exposed' | 'change_rolled_back'>, facts: RolloutFacts): Fact {
  const environment = event.environment ?? defaultEnvironment;
  return { subject: 'rollout', service: event.service, environment, rollout: rolloutOf(event), facts };
}

function incident(
  event: Of<'incident_detected' | 'incident_resolved'>,
  timestamps: Pick<IncidentFacts, 'detectedAt' | 'detectedLastAt' | 'resolvedLastAt'>,
): Fact {
  const environment = event.environment ?? defaultEnvironment;
  const facts = { ...timestamps, rollouts: setOf(event.rollout), changes: setOf(event.change) };
  return { subject: 'incident', service: event.service, environment, incident: event.incident, facts };
}
