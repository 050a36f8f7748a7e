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
import { must } from '../../../../domain/must.ts';
import { eventsOf, histories } from '../../../support/histories/histories.ts';
import { eventsIn } from '../../../support/scenarios/scenario.ts';

const facts = histories.map(history => eventsOf(history).flatMap(event => factOf(event) ?? []));
const ofChanges = facts.map(all => all.flatMap(fact => (fact.subject === 'change' ? [fact.facts] : [])));
const ofRollouts = facts.map(all => all.flatMap(fact => (fact.subject === 'rollout' ? [fact.facts] : [])));
const ofIncidents = facts.map(all => all.flatMap(fact => (fact.subject === 'incident' ? [fact.facts] : [])));
const ofTeams = histories.map(history => eventsOf(history).flatMap(event => teamClaimOf(event) ?? []));

/** Several facts joined, as the store holds them. */
const joined = <T>(several: fc.Arbitrary<T[]>, join: (a: T, b: T) => T, unknown: T) =>
  several.map(all => all.slice(0, 5).reduce(join, unknown));

/** Sets and maps are compared by their elements, in any order. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, inOrder) ?? 'null');
function inOrder(_key: string, value: unknown): unknown {
  if (value instanceof Set) return [...value].sort();
  if (value instanceof Map) return [...value].sort(([a], [b]) => a - b);
  return value;
}

function expectSemilattice<T>(joinedFacts: fc.Arbitrary<T>, join: (a: T, b: T) => T, unknown: T): void {
  fc.assert(
    fc.property(joinedFacts, joinedFacts, joinedFacts, (a, b, c) => {
      expect(plain(join(a, b))).toEqual(plain(join(b, a)));
      expect(plain(join(join(a, b), c))).toEqual(plain(join(a, join(b, c))));
      expect(plain(join(a, a))).toEqual(plain(a));
      expect(plain(join(a, unknown))).toEqual(plain(a));
    }),
  );
}

describe('joined in any order, any grouping and any number of times, the same is known', () => {
  test('of a change', () => {
    const joinedFacts: fc.Arbitrary<ChangeFacts> = joined(ofChanges, joinChange, unknownChange);
    expectSemilattice(joinedFacts, joinChange, unknownChange);
  });

  test('of a rollout', () => {
    const joinedFacts: fc.Arbitrary<RolloutFacts> = joined(ofRollouts, joinRollout, unknownRollout);
    expectSemilattice(joinedFacts, joinRollout, unknownRollout);
  });

  test('of an incident', () => {
    const joinedFacts: fc.Arbitrary<IncidentFacts> = joined(ofIncidents, joinIncident, unknownIncident);
    expectSemilattice(joinedFacts, joinIncident, unknownIncident);
  });

  test('of the team', () => {
    const joinedFacts = joined<TeamClaim | null>(ofTeams, joinTeam, null);
    expectSemilattice(joinedFacts, joinTeam, null);
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
    ).toEqual({
      createdAt: at('07:00'),
      mergedAt: at('09:00'),
      rework: true,
      artifacts: new Set(['v1', 'v2']),
    });
  });

  test('the earliest times of a rollout, and the largest weight of each time', () => {
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
      exposedAt: at('10:00'),
      fullAt: at('11:00'),
      rolledBackAt: at('13:00'),
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

  test('the first and the last detection, the last resolution, and everything that was named', () => {
    expect(
      joinedFrom(`
        05-19 10:00  incident_detected  incident=i1 rollout=r1
        05-19 08:00  incident_detected  incident=i1 change=c1
        05-19 09:00  incident_resolved  incident=i1 change=c2
        05-19 11:00  incident_resolved  incident=i1 rollout=r2`),
    ).toEqual({
      detectedAt: at('08:00'),
      detectedLastAt: at('10:00'),
      resolvedLastAt: at('11:00'),
      rollouts: new Set(['r1', 'r2']),
      changes: new Set(['c1', 'c2']),
    });
  });

  test('the later team, and of one time the last by UTF-8 bytes', () => {
    const claim = (at: number, team: string) => ({ at, team });
    expect(joinTeam(claim(2, 'a'), claim(1, 'z'))).toEqual(claim(2, 'a'));
    expect(joinTeam(claim(1, '\u{1f680}'), claim(1, '\uff21'))).toEqual(claim(1, '\u{1f680}'));
  });
});

describe('the fact of an event', () => {
  test('of each type is about the change, the rollout or the incident that it names', () => {
    const facts = eventsOf(
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
    expect(facts).toEqual([
      { subject: 'change', service, change: 'c1' },
      { subject: 'change', service, change: 'c1' },
      { subject: 'rollout', service, environment: 'production', rollout: 'c1' },
      { subject: 'rollout', service, environment: 'staging', rollout: 'v1' },
      { subject: 'incident', service, environment: 'production', incident: 'i1' },
      { subject: 'incident', service, environment: 'staging', incident: 'i1' },
      null,
    ]);
  });

  test.each([
    { fields: 'weight=0', facts: { exposedAt: null, fullAt: null, progressive: false, steps: 0 } },
    { fields: 'weight=0.1', facts: { exposedAt: at('09:00'), fullAt: null, progressive: true, steps: 0.1 } },
    {
      fields: 'weight=100',
      facts: { exposedAt: at('09:00'), fullAt: at('09:00'), progressive: false, steps: 100 },
    },
    { fields: '', facts: { exposedAt: at('09:00'), fullAt: at('09:00'), progressive: false, steps: 100 } },
  ])('of an exposure ($fields) has the facts that follow from its weight', ({ fields, facts }) => {
    const known = joinedFrom(`05-19 09:00  change_exposed rollout=r1 ${fields}`);
    expect(known).toMatchObject({ ...facts, steps: new Map([[at('09:00'), facts.steps]]) });
  });

  test('of a rollback neither exposes nor names a change: its names only identify the rollout', () => {
    expect(joinedFrom('05-19 09:00  change_rolled_back  change=c1 weight=25 artifact=v1')).toEqual({
      ...unknownRollout,
      rolledBackAt: at('09:00'),
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

/** The joined facts of a history about one change, rollout or incident. */
function joinedFrom(history: string): ChangeFacts | RolloutFacts | IncidentFacts {
  const [first, ...others] = eventsOf(eventsIn(history)).map(fact);
  if (first === undefined) throw new Error('the history is empty');
  return others.reduce(joinFacts, first).facts;
}

function fact(event: Event): Fact {
  return must(factOf(event), `fact of ${event.type}`);
}

function joinFacts(a: Fact, b: Fact): Fact {
  if (a.subject === 'change' && b.subject === 'change') return { ...a, facts: joinChange(a.facts, b.facts) };
  if (a.subject === 'rollout' && b.subject === 'rollout')
    return { ...a, facts: joinRollout(a.facts, b.facts) };
  if (a.subject === 'incident' && b.subject === 'incident')
    return { ...a, facts: joinIncident(a.facts, b.facts) };
  throw new Error(`a ${a.subject} does not join a ${b.subject}`);
}
