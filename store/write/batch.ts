import {
  type ChangeFacts,
  factOf,
  type IncidentFacts,
  joinChange,
  joinIncident,
  joinRollout,
  joinTeam,
  type RolloutFacts,
  type TeamClaim,
  teamClaimOf,
  unknownChange,
  unknownIncident,
  unknownRollout,
} from '../../domain/delivery/facts.ts';
import { compareBytes } from '../../domain/events/byte-order.ts';
import type { Event } from '../../domain/events/event.ts';

/** What the events of one batch report together. */
export interface Batch {
  /** Every service of the batch, in byte order, with the team that the batch claims for it. */
  readonly services: ReadonlyMap<string, TeamClaim | null>;
  readonly changes: readonly ReportedChange[];
  readonly rollouts: readonly ReportedRollout[];
  readonly incidents: readonly ReportedIncident[];
}

export interface StreamName {
  readonly service: string;
  readonly environment: string;
}

export interface ReportedChange {
  readonly service: string;
  readonly name: string;
  readonly facts: ChangeFacts;
}

export interface ReportedRollout extends StreamName {
  readonly name: string;
  readonly facts: RolloutFacts;
}

export interface ReportedIncident extends StreamName {
  readonly name: string;
  readonly facts: IncidentFacts;
}

/** One key made of several names; no name contains a NUL. */
export const keyOf = (...names: (string | number)[]): string => names.join('\0');

/** Joins the facts of events. What an event names is in the batch too, though nothing else may be known of it. */
export function fold(events: readonly Event[]): Batch {
  const claims = new Map<string, TeamClaim | null>();
  const changes = new Map<string, ReportedChange>();
  const rollouts = new Map<string, ReportedRollout>();
  const incidents = new Map<string, ReportedIncident>();
  const addRollout = ({ service, environment }: StreamName, name: string, reported: RolloutFacts) => {
    const key = keyOf(service, environment, name);
    const facts = joinRollout(rollouts.get(key)?.facts ?? unknownRollout, reported);
    rollouts.set(key, { service, environment, name, facts });
  };
  const addIncident = ({ service, environment }: StreamName, name: string, reported: IncidentFacts) => {
    const key = keyOf(service, environment, name);
    const facts = joinIncident(incidents.get(key)?.facts ?? unknownIncident, reported);
    incidents.set(key, { service, environment, name, facts });
  };
  for (const event of events) {
    if (event.service !== undefined)
      claims.set(event.service, joinTeam(claims.get(event.service) ?? null, teamClaimOf(event)));
    const fact = factOf(event);
    switch (fact?.subject) {
      case 'change': {
        const key = keyOf(fact.service, fact.change);
        const facts = joinChange(changes.get(key)?.facts ?? unknownChange, fact.facts);
        changes.set(key, { service: fact.service, name: fact.change, facts });
        break;
      }
      case 'rollout':
        addRollout(fact, fact.rollout, fact.facts);
        for (const name of fact.facts.incidents) addIncident(fact, name, unknownIncident);
        break;
      case 'incident':
        addIncident(fact, fact.incident, fact.facts);
        for (const name of fact.facts.rollouts) addRollout(fact, name, unknownRollout);
        break;
    }
  }
  return {
    services: new Map([...claims].sort(([a], [b]) => compareBytes(a, b))),
    changes: [...changes.values()],
    rollouts: [...rollouts.values()],
    incidents: [...incidents.values()],
  };
}
