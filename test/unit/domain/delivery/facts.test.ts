import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ChangeFacts,
  type Fact,
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
} from '../../../../domain/delivery/facts.ts';
import type { Event } from '../../../../domain/events/event.ts';
import { eventsOf, histories } from '../../../support/histories/histories.ts';
import { eventsIn } from '../../../support/scenarios/scenario.ts';

const facts = histories.map(history => eventsOf(history).flatMap(event => factOf(event) ?? []));
const ofChanges = facts.map(all => all.flatMap(fact => (fact.about === 'change' ? [fact.facts] : [])));
const ofRollouts = facts.map(all => all.flatMap(fact => (fact.about === 'rollout' ? [fact.facts] : [])));
const ofIncidents = facts.map(all => all.flatMap(fact => (fact.about === 'incident' ? [fact.facts] : [])));
const ofTeams = histories.map(history => eventsOf(history).flatMap(event => teamClaimOf(event) ?? []));

/** What joins have made of some facts: single ones and joined ones, as the store holds them. */
const joined = <T>(several: fc.Arbitrary<T[]>, join: (a: T, b: T) => T, unknown: T) =>
  several.map(all => all.slice(0, 5).reduce(join, unknown));

/** Sets and maps are compared by what they hold, whatever the order in which it came. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, inOrder) ?? 'null');
function inOrder(_key: string, value: unknown): unknown {
  if (value instanceof Set) return [...value].sort();
  if (value instanceof Map) return [...value].sort(([a], [b]) => a - b);
  return value;
}

function expectSemilattice<T>(some: fc.Arbitrary<T>, join: (a: T, b: T) => T, unknown: T): void {
  fc.assert(
    fc.property(some, some, some, (a, b, c) => {
      expect(plain(join(a, b))).toEqual(plain(join(b, a)));
      expect(plain(join(join(a, b), c))).toEqual(plain(join(a, join(b, c))));
      expect(plain(join(a, a))).toEqual(plain(a));
      expect(plain(join(a, unknown))).toEqual(plain(a));
    }),
  );
}

describe('joined in any order, any grouping and any number of times, the same is known', () => {
  test('of a change', () => {
    const some: fc.Arbitrary<ChangeFacts> = joined(ofChanges, joinChange, unknownChange);
    expectSemilattice(some, joinChange, unknownChange);
  });

  test('of a rollout', () => {
    const some: fc.Arbitrary<RolloutFacts> = joined(ofRollouts, joinRollout, unknownRollout);
    expectSemilattice(some, joinRollout, unknownRollout);
  });

  test('of an incident', () => {
    const some: fc.Arbitrary<IncidentFacts> = joined(ofIncidents, joinIncident, unknownIncident);
    expectSemilattice(some, joinIncident, unknownIncident);
  });

  test('of the team', () => {
    const some = joined<TeamClaim | null>(ofTeams, joinTeam, null);
    expectSemilattice(some, joinTeam, null);
  });
});

describe('a join keeps', () => {
  test('the earliest creation and merge, every artifact, and that it was rework', () => {
    expect(
      joinedFrom(`
        05-19 08:00  change_created  change=c1
        05-19 07:00  change_created  change=c1
        05-19 10:00  change_merged   change=c1 artifact=v1 rework=true
        05-19 09:00  change_merged   change=c1 artifact=v2,v1`),
    ).toEqual({ created: at('07:00'), merged: at('09:00'), rework: true, artifacts: new Set(['v1', 'v2']) });
  });

  test('the earliest moments of a rollout, and the largest weight of each moment', () => {
    expect(
      joinedFrom(`
        05-19 09:00  change_exposed      rollout=r1 weight=0 change=c1
        05-19 10:00  change_exposed      rollout=r1 weight=5 strategy=flag
        05-19 10:00  change_exposed      rollout=r1 weight=2 rework=true
        05-19 12:00  change_exposed      rollout=r1 artifact=v1
        05-19 11:00  change_exposed      rollout=r1 changes=c2,c3
        05-19 14:00  change_rolled_back  rollout=r1 incident=i2 cause=automatic weight=90
        05-19 13:00  change_rolled_back  rollout=r1 incident=i1 drill=true cause=manual
        05-19 13:00  change_rolled_back  rollout=r1 weight=25`),
    ).toEqual({
      exposed: at('10:00'),
      full: at('11:00'),
      rolledBack: at('13:00'),
      cause: 'manual',
      rolledBackFrom: 25,
      steps: new Map([
        [at('09:00'), 0],
        [at('10:00'), 5],
        [at('11:00'), 100],
        [at('12:00'), 100],
      ]),
      flag: true,
      drill: true,
      rework: true,
      progressive: true,
      changes: new Set(['c1', 'c2', 'c3']),
      artifacts: new Set(['v1']),
      incidents: new Set(['i1', 'i2']),
    });
  });

  test('the first and the last detection, the last resolution, and everybody who was named', () => {
    expect(
      joinedFrom(`
        05-19 10:00  incident_detected  incident=i1 rollout=r1
        05-19 08:00  incident_detected  incident=i1 change=c1
        05-19 09:00  incident_resolved  incident=i1 change=c2
        05-19 11:00  incident_resolved  incident=i1 rollout=r2`),
    ).toEqual({
      detected: at('08:00'),
      detectedLast: at('10:00'),
      resolvedLast: at('11:00'),
      rollouts: new Set(['r1', 'r2']),
      changes: new Set(['c1', 'c2']),
    });
  });

  test('the later team, and of one moment the last by UTF-8 bytes', () => {
    const claim = (moment: number, team: string) => ({ at: moment, team });
    expect(joinTeam(claim(2, 'a'), claim(1, 'z'))).toEqual(claim(2, 'a'));
    expect(joinTeam(claim(1, '\u{1f680}'), claim(1, '\uff21'))).toEqual(claim(1, '\u{1f680}'));
  });
});

describe('the fact of an event', () => {
  test('of each type is about the change, the rollout or the incident that it names', () => {
    const said = eventsOf(
      eventsIn(`
        05-19 09:00  change_created      change=c1
        05-19 09:00  change_merged       change=c1
        05-19 09:00  change_exposed      change=c1
        05-19 09:00  change_rolled_back  artifact=v1 environment=staging
        05-19 09:00  incident_detected   incident=i1
        05-19 09:00  incident_resolved   incident=i1 environment=staging
        05-19 09:00  flag_changed        flag=new-cart`),
    ).map(event => named(factOf(event)));
    const service = 'checkout';
    expect(said).toEqual([
      { about: 'change', service, change: 'c1' },
      { about: 'change', service, change: 'c1' },
      { about: 'rollout', service, environment: 'production', rollout: 'c1' },
      { about: 'rollout', service, environment: 'staging', rollout: 'v1' },
      { about: 'incident', service, environment: 'production', incident: 'i1' },
      { about: 'incident', service, environment: 'staging', incident: 'i1' },
      null,
    ]);
  });

  test.each([
    { fields: 'weight=0', says: { exposed: null, full: null, progressive: false, steps: 0 } },
    { fields: 'weight=0.1', says: { exposed: at('09:00'), full: null, progressive: true, steps: 0.1 } },
    {
      fields: 'weight=100',
      says: { exposed: at('09:00'), full: at('09:00'), progressive: false, steps: 100 },
    },
    { fields: '', says: { exposed: at('09:00'), full: at('09:00'), progressive: false, steps: 100 } },
  ])('of an exposure ($fields) says what its weight means', ({ fields, says }) => {
    const known = joinedFrom(`05-19 09:00  change_exposed rollout=r1 ${fields}`);
    expect(known).toMatchObject({ ...says, steps: new Map([[at('09:00'), says.steps]]) });
  });

  test('of a rollback neither exposes nor names a change: its names tell which rollout is meant', () => {
    expect(joinedFrom('05-19 09:00  change_rolled_back  change=c1 weight=25 artifact=v1')).toEqual({
      ...unknownRollout,
      rolledBack: at('09:00'),
      rolledBackFrom: 25,
    });
  });
});

function at(time: string): number {
  return Date.parse(`2026-05-19T${time}:00Z`);
}

function named(fact: Fact | null): unknown {
  if (fact === null) return null;
  const { facts: _known, ...names } = fact;
  return names;
}

/** What a history says of the one change, rollout or incident that it is about. */
function joinedFrom(history: string): ChangeFacts | RolloutFacts | IncidentFacts {
  const [first, ...others] = eventsOf(eventsIn(history)).map(fact);
  if (first === undefined) throw new Error('an empty history says nothing');
  return others.reduce(joinFacts, first).facts;
}

function fact(event: Event): Fact {
  const said = factOf(event);
  if (said === null) throw new Error(`${event.type} is no fact`);
  return said;
}

function joinFacts(a: Fact, b: Fact): Fact {
  if (a.about === 'change' && b.about === 'change') return { ...a, facts: joinChange(a.facts, b.facts) };
  if (a.about === 'rollout' && b.about === 'rollout') return { ...a, facts: joinRollout(a.facts, b.facts) };
  if (a.about === 'incident' && b.about === 'incident')
    return { ...a, facts: joinIncident(a.facts, b.facts) };
  throw new Error(`a ${a.about} does not join a ${b.about}`);
}
