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

/** What the events of one batch say together, before anything is asked of the database. */
export interface Batch {
  /** Team claims of the services, every service of the batch included, in byte order. */
  readonly services: ReadonlyMap<string, TeamClaim | null>;
  readonly changes: readonly { service: string; name: string; facts: ChangeFacts }[];
  readonly rollouts: readonly (StreamName & { name: string; facts: RolloutFacts })[];
  readonly incidents: readonly (StreamName & { name: string; facts: IncidentFacts })[];
}

export interface StreamName {
  readonly service: string;
  readonly environment: string;
}

/** One key of several names; a NUL cannot occur in a name. */
export const keyOf = (...names: (string | number)[]): string => names.join('\0');

export function fold(events: readonly Event[]): Batch {
  const claims = new Map<string, TeamClaim | null>();
  const changes = new Map<string, { service: string; name: string; facts: ChangeFacts }>();
  const rollouts = new Map<string, StreamName & { name: string; facts: RolloutFacts }>();
  const incidents = new Map<string, StreamName & { name: string; facts: IncidentFacts }>();
  const addRollout = ({ service, environment }: StreamName, name: string, said: RolloutFacts) => {
    const key = keyOf(service, environment, name);
    const facts = joinRollout(rollouts.get(key)?.facts ?? unknownRollout, said);
    rollouts.set(key, { service, environment, name, facts });
  };
  const addIncident = ({ service, environment }: StreamName, name: string, said: IncidentFacts) => {
    const key = keyOf(service, environment, name);
    const facts = joinIncident(incidents.get(key)?.facts ?? unknownIncident, said);
    incidents.set(key, { service, environment, name, facts });
  };
  for (const event of events) {
    if (event.service !== undefined)
      claims.set(event.service, joinTeam(claims.get(event.service) ?? null, teamClaimOf(event)));
    const fact = factOf(event);
    if (fact === null) continue;
    // What an event names has a row too, though nothing may be known of it yet.
    switch (fact.about) {
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
