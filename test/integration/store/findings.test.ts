import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../store/schema/tables.ts';
import { openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { findingsOf } from '../../support/histories/findings.ts';
import { empty, storeBatch } from '../../support/histories/store.ts';
import { eventsIn } from '../../support/scenarios/scenario.ts';

/** A history with findings, and events that come later and take them away; both as in {@link eventsIn}. */
interface Case {
  readonly name: string;
  readonly history: string;
  readonly finds: Readonly<Record<string, number>>;
  readonly later: string;
  /** The findings that are left then. */
  readonly leaves?: Readonly<Record<string, number>>;
}

const exposedOnly = '05-19 10:00  change_exposed  rollout=r1 change=c1';
const merged = '05-19 09:00  change_merged  change=c1';

const cases: Readonly<Record<string, readonly Case[]>> = {
  merge_unknown: [
    {
      name: 'a change was exposed; then its merge is reported',
      history: exposedOnly,
      finds: { merge_unknown: 1 },
      later: merged,
    },
    {
      name: 'a change was created and exposed; then its merge is reported',
      history: `05-19 08:00  change_created  change=c1
        ${exposedOnly}`,
      finds: { merge_unknown: 1 },
      later: merged,
    },
    {
      name: 'three changes were exposed; then the merges of two are reported',
      history: '05-19 10:00  change_exposed  rollout=r1 change=c1 changes=c2,c3',
      finds: { merge_unknown: 3 },
      later: `${merged}
        05-19 09:10  change_merged  change=c3`,
      leaves: { merge_unknown: 1 },
    },
    {
      name: 'an artifact was exposed; then a change is reported to have become it',
      history: '05-19 10:00  change_exposed  artifact=shop:1.4.2',
      finds: { merge_unknown: 1 },
      later: '05-19 09:00  change_merged  change=c1 artifact=shop:1.4.2',
    },
    {
      name: 'a merge SHA was exposed as the change; then a pull request is reported to have become it',
      history: '05-19 10:00  change_exposed  change=6f2a9c1',
      finds: { merge_unknown: 1 },
      later: '05-19 09:00  change_merged  change=acme/shop#42 artifact=shop:1.4.2,6f2a9c1',
    },
    {
      name: 'a change was exposed in two environments; then its merge is reported',
      history: `05-19 10:00  change_exposed  rollout=r1 change=c1
        05-19 09:30  change_exposed  rollout=r1 change=c1 environment=staging`,
      finds: { merge_unknown: 2 },
      later: merged,
    },
    {
      name: 'a change was exposed; then the rollout turns out to be a drill',
      history: exposedOnly,
      finds: { merge_unknown: 1 },
      later: '05-19 11:00  change_rolled_back  rollout=r1 drill=true',
    },
  ],
  merged_after_exposure: [
    {
      name: 'a change was exposed before its merge; then an earlier merge is reported',
      history: `${exposedOnly}
        05-19 10:30  change_merged  change=c1`,
      finds: { merged_after_exposure: 1 },
      later: merged,
    },
    {
      name: 'a change was exposed before its merge, by an artifact; then an earlier merge is reported',
      history: `05-19 10:00  change_exposed  artifact=shop:1
        05-19 10:30  change_merged  change=c1 artifact=shop:1`,
      finds: { merged_after_exposure: 1 },
      later: merged,
    },
    {
      name: 'a change was exposed before its merge; then that rollout turns out to be a drill, and another one exposed it first',
      history: `${exposedOnly}
        05-19 10:30  change_merged  change=c1
        05-19 11:00  change_exposed  rollout=r2 change=c1`,
      finds: { merged_after_exposure: 1 },
      later: '05-19 10:05  change_exposed  rollout=r1 drill=true weight=0',
    },
  ],
  rollback_unexposed: [
    {
      name: 'a rollback came without an exposure; then the exposure is reported',
      history: `${merged}
        05-19 11:00  change_rolled_back  rollout=r1`,
      finds: { rollback_unexposed: 1 },
      later: exposedOnly,
    },
    {
      name: 'a rollout was rolled back that had only been exposed at weight 0; then a higher weight is reported',
      history: `${merged}
        05-19 10:00  change_exposed  rollout=r1 change=c1 weight=0
        05-19 11:00  change_rolled_back  rollout=r1`,
      finds: { rollback_unexposed: 1 },
      later: '05-19 10:20  change_exposed  rollout=r1 change=c1 weight=5',
    },
    {
      name: 'a rollback came without an exposure; then its rollout turns out to be a drill',
      history: '05-19 11:00  change_rolled_back  rollout=r1',
      finds: { rollback_unexposed: 1 },
      later: '05-19 11:30  change_rolled_back  rollout=r1 drill=true',
    },
  ],
  blame_inferred: [
    {
      name: 'an incident that names nothing was attributed to the newest rollout; then it names the change',
      history: `${merged}
        ${exposedOnly}
        05-19 10:20  incident_detected  incident=i1`,
      finds: { blame_inferred: 1 },
      later: '05-19 10:50  incident_resolved  incident=i1 change=c1',
    },
    {
      name: 'an incident that names nothing was attributed to the newest rollout; then the rollback names it',
      history: `${merged}
        ${exposedOnly}
        05-19 10:20  incident_detected  incident=i1`,
      finds: { blame_inferred: 1 },
      later: '05-19 10:40  change_rolled_back  rollout=r1 incident=i1',
    },
    {
      name: 'an incident that names nothing was attributed to the newest rollout; then it began long before',
      history: `${merged}
        ${exposedOnly}
        05-19 10:20  incident_detected  incident=i1`,
      finds: { blame_inferred: 1 },
      later: '05-19 09:59  incident_detected  incident=i1',
    },
  ],
  blame_unknown: [
    {
      name: 'an incident names a rollout without an exposure; then the exposure is reported',
      history: `${merged}
        05-19 10:20  incident_detected  incident=i1 rollout=r1`,
      finds: { blame_unknown: 1 },
      later: exposedOnly,
    },
    {
      name: 'an incident names a change without an exposure; then the exposure is reported',
      history: `${merged}
        05-19 10:20  incident_detected  incident=i1 change=c1`,
      finds: { blame_unknown: 1 },
      later: exposedOnly,
    },
    {
      name: 'an incident names an artifact; then an exposed change is reported to have become it',
      history: `${merged}
        ${exposedOnly}
        05-19 10:20  incident_detected  incident=i1 change=shop:1`,
      finds: { blame_unknown: 1 },
      later: '05-19 09:30  change_merged  change=c1 artifact=shop:1',
    },
    {
      name: 'an incident names a change that was not exposed yet; then an earlier exposure is reported',
      history: `${merged}
        05-19 10:30  change_exposed  rollout=r1 change=c1
        05-19 10:20  incident_detected  incident=i1 change=c1`,
      finds: { blame_unknown: 1 },
      later: '05-19 10:20  change_exposed  rollout=r1 change=c1 weight=1',
    },
    {
      name: 'an incident names a change without a merge; then the merge is reported and a rollout carries it',
      history: `05-19 08:00  change_merged  change=c0
        05-19 08:30  change_exposed  rollout=r0 change=c0
        05-19 09:10  change_merged  change=c2
        05-19 10:00  change_exposed  rollout=r1 change=c2
        05-19 10:20  incident_detected  incident=i1 change=c1`,
      finds: { blame_unknown: 1 },
      later: merged,
    },
  ],
  resolution_undetected: [
    {
      name: 'a resolution came without a detection; then the detection is reported',
      history: '05-19 11:00  incident_resolved  incident=i1',
      finds: { resolution_undetected: 1 },
      later: '05-19 08:20  incident_detected  incident=i1',
    },
    {
      name: 'a resolution that names a change came without a detection; then the detection is reported',
      history: `${merged}
        ${exposedOnly}
        05-19 11:00  incident_resolved  incident=i1 change=c1`,
      finds: { resolution_undetected: 1 },
      later: '05-19 10:20  incident_detected  incident=i1',
    },
  ],
};

let store: TestDatabase<Database>;
beforeAll(async () => {
  store = await openTestStore('pglite');
});
afterAll(() => store.close());

describe.each(Object.entries(cases))('%s is found and goes away:', (_reason, examples) => {
  test.each(examples)('$name', async ({ history, finds, later, leaves }) => {
    await empty(store.db);
    const events = eventsIn(`${history}\n${later}`);
    const before = eventsIn(history).length;
    await storeBatch(store.db, events.slice(0, before));
    expect(await findingsOf(store.db)).toEqual(finds);
    await storeBatch(store.db, events.slice(before));
    expect(await findingsOf(store.db)).toEqual(leaves ?? {});
  });
});

test('events that come late give the same findings as events that come at once', async () => {
  for (const { history, later, leaves } of Object.values(cases).flat()) {
    await empty(store.db);
    await storeBatch(store.db, eventsIn(`${history}\n${later}`).toReversed());
    expect(await findingsOf(store.db)).toEqual(leaves ?? {});
  }
});

test('findings are those of the longest window', async () => {
  await empty(store.db);
  const events = eventsIn(`
    02-19 11:59  change_rolled_back  rollout=r1
    02-19 12:00  change_rolled_back  rollout=r2
    05-20 11:59  change_rolled_back  rollout=r3`);
  await storeBatch(store.db, events);
  expect(await findingsOf(store.db)).toEqual({ rollback_unexposed: 2 });
});
