import type { Event } from '../../domain/events/event.ts';
import { type IdentifiedEvent, identify } from '../../domain/events/identity.ts';
import { formatTime } from '../../domain/events/time.ts';
import { dayMs } from '../../domain/metrics/definitions.ts';
import { must } from '../../domain/must.ts';
import { findCarriers, findIncidentsOfRevision, findRevision } from '../../store/explain/change-story.ts';
import { readEvents, readFlagChanges } from '../../store/explain/events.ts';
import { kinds } from '../../store/explain/kinds.ts';
import { readReceiptRows } from '../../store/explain/receipts.ts';
import {
  findChanges,
  findIncidents,
  findOutageIncidents,
  findRollouts,
  reading,
} from '../../store/explain/subjects.ts';
import { readCounterHistories } from '../../store/read/counter-history.ts';
import { countFlagChanges } from '../../store/read/flag-changes.ts';
import { readObservations } from '../../store/read/observations.ts';
import { readScored } from '../../store/read/scorecard.ts';
import { conflictingRepeats, readStreams } from '../../store/read/streams.ts';
import { rebuild } from '../../store/rebuild/rebuild.ts';
import { emptyDemo, holdsEvents, saveDemoMark } from '../../store/schema/demo-mark.ts';
import { agreeOnAttributionWindow } from '../../store/schema/settings.ts';
import type { Store } from '../../store/schema/tables.ts';
import { dropRequest, insertDeadRequest, readRequests } from '../../store/write/dead-requests.ts';
import { storeEvents } from '../../store/write/store-events.ts';
import { scenarios } from '../../test/support/scenarios/all.ts';
import { eventsIn } from '../../test/support/scenarios/scenario.ts';
import { batches, identified, serviceName, traffic } from '../traffic/traffic.ts';

const attributionWindowMinutes = 60;
const now = Date.UTC(2026, 4, 20, 12);
const from = now - 90 * dayMs;
const services = 50;

/**
 * Does everything that the store can do, to an empty database, so that every statement of the store runs. It stores
 * ordinary traffic first, then the histories of the tests' scenarios, out of order and in small batches.
 * @param own for questions that are not the store's
 */
export async function exercise(db: Store, own: Store): Promise<void> {
  await emptyTheDemo(db);
  for (const batch of batches(
    identified(traffic({ events: 4_000, services, from, to: now, incidents: 0.2 })),
    500,
  ))
    await store(db, batch);
  await rebuild(db, { attributionWindowMinutes, sliceEvents: 1_000 });
  for (const batch of [...lateBatches(), ...returnBatches()]) await store(db, batch);
  await keepDeadRequests(db);
  await readForMetrics(db);
  await readForReceipts(db, own);
}

async function store(db: Store, batch: readonly IdentifiedEvent[]): Promise<void> {
  await storeEvents(db, batch, { attributionWindowMs: attributionWindowMinutes * 60_000, receivedAt: now });
}

async function emptyTheDemo(db: Store): Promise<void> {
  await agreeOnAttributionWindow(db, attributionWindowMinutes);
  await holdsEvents(db);
  await saveDemoMark(db, { seed: 1, since: from, services, weeks: 13, filledTo: null });
  await emptyDemo(db, attributionWindowMinutes);
}

/** Each scenario in services of its own: the second half of its events, then all of them; and what no scenario has. */
function* lateBatches(): Generator<IdentifiedEvent[]> {
  for (const [number, { history }] of Object.values(scenarios).flat().entries()) {
    const events = eventsIn(history).map(({ event }) => {
      const service = event.service === undefined ? {} : { service: `${event.service}-${number}` };
      return identify({ ...event, ...service, source: `scenario ${number}` }, 'bench', now);
    });
    yield events.slice(Math.floor(events.length / 2));
    yield events;
  }
  const flag: Event = {
    type: 'flag_changed',
    id: 'flag',
    source: 'bench',
    time: formatTime(now),
    service: serviceName(0),
    flag: 'dark-mode',
    variant: 'on',
  };
  yield [identify(flag, 'bench', now)];
  // The same identity with another content is a conflict.
  yield [identify({ ...flag, variant: 'off' }, 'bench', now)];
}

/** A version that comes back again and again; then one of its returns is rolled back, and another one is a drill. */
function returnBatches(): IdentifiedEvent[][] {
  const exposures = Array.from({ length: 80 }, (_, index) => ({
    type: 'change_exposed' as const,
    rollout: `r${index}`,
    change: index % 8 === 1 ? 'newer' : 'older',
    time: formatTime(now - (200 - index) * 3_600_000),
  }));
  const rollback = { type: 'change_rolled_back' as const, time: formatTime(now - 3_600_000) };
  return [exposures, [{ ...rollback, rollout: 'r2' }], [{ ...rollback, rollout: 'r10', drill: true }]].map(
    batch =>
      batch.map(event =>
        identify({ ...event, service: 'returning', id: `${event.type} ${event.rollout}` }, 'bench', now),
      ),
  );
}

async function keepDeadRequests(db: Store): Promise<void> {
  await insertDeadRequest(db, {
    tool: 'github',
    query: {},
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"it\'s": "unknown"}'),
    client: 'bench',
    receivedAt: now,
    reason: 'unknown_event',
    detail: 'no mapping',
  });
  for (const { id } of await readRequests(db, 0, 10)) await dropRequest(db, id);
}

async function readForMetrics(db: Store): Promise<void> {
  const some = Array.from({ length: 3 }, (_, index) => serviceName(index));
  for (const services of [null, some]) {
    await readStreams(db, services);
    await Array.fromAsync(readObservations(db, { services, from, to: now }));
    await Array.fromAsync(readScored(db, { services, from }));
    await countFlagChanges(db, { services, from, to: now + 1 });
  }
  await Array.fromAsync(readCounterHistories(db));
  await conflictingRepeats(db);
}

async function readForReceipts(db: Store, own: Store): Promise<void> {
  const services = [serviceName(0), serviceName(1)];
  const streams = (await readStreams(db, services)).map(({ id }) => id);
  const page = { streams, kinds, from, to: now, after: null, limit: 20 } as const;
  await readReceiptRows(db, { ...page, sort: 'value' });
  const rows = await readReceiptRows(db, { ...page, sort: 'at' });
  const [row] = rows;
  await readReceiptRows(db, { ...page, sort: 'at', after: row ?? null });
  const ids = await idsOf(own, services);
  await reading(db, async trx => {
    await findRollouts(trx, ids.rollouts);
    await findChanges(
      trx,
      ids.changes.map(id => ({ stream: must(streams[0], 'stream'), id })),
    );
    await findIncidents(trx, ids.incidents);
    await findOutageIncidents(trx, ids.incidents);
    const revision = must(
      await findRevision(trx, must(services[0], 'service'), must(ids.names[0], 'revision')),
      'revision',
    );
    await findCarriers(trx, revision.id, 20);
    await findIncidentsOfRevision(trx, revision.id, 20);
  });
  const subjects = ids.names.map(
    name => ({ about: 'change', service: must(services[0], 'service'), environment: '', name }) as const,
  );
  await readEvents(db, subjects, 50);
  await readFlagChanges(db, must(services[0], 'service'), from, now, 10);
}

/** A few subjects of these services. */
async function idsOf(own: Store, services: readonly string[]) {
  const inStreams = (table: 'rollout' | 'incident') =>
    own
      .selectFrom(table)
      .innerJoin('stream', 'stream.id', `${table}.stream_id`)
      .innerJoin('service', 'service.id', 'stream.service_id')
      .where('service.name', 'in', services)
      .select(`${table}.id`)
      .limit(5)
      .execute();
  const revisions = await own
    .selectFrom('revision')
    .innerJoin('service', 'service.id', 'revision.service_id')
    .where('service.name', '=', must(services[0], 'service'))
    .select(['revision.id', 'revision.name'])
    .limit(5)
    .execute();
  return {
    rollouts: (await inStreams('rollout')).map(({ id }) => id),
    incidents: (await inStreams('incident')).map(({ id }) => id),
    changes: revisions.map(({ id }) => id),
    names: revisions.map(({ name }) => name),
  };
}
