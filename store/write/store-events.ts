import { compareBytes } from '../../domain/events/byte-order.ts';
import type { Event } from '../../domain/events/event.ts';
import type { IdentifiedEvent } from '../../domain/events/identity.ts';
import { attributeIncidents } from '../derive/attribution.ts';
import { evaluateStreams } from '../derive/evaluate-streams.ts';
import { changesToObserve } from '../derive/exposed-changes.ts';
import { incidentsNear } from '../derive/near-incidents.ts';
import {
  type ChangedSince,
  mergeChanges,
  noChanges,
  observeChanges,
  observeRollouts,
} from '../derive/observations.ts';
import type { Store, Transaction } from '../schema/tables.ts';
import { planAsWritten } from '../sql/planner.ts';
import { fold } from './batch.ts';
import { type Invalidation, notify } from './change-notification.ts';
import { upsertIncidents } from './incidents.ts';
import { type Intake, insertRawEvents } from './raw-events.ts';
import { upsertRevisions } from './revisions.ts';
import { upsertRollouts } from './rollouts.ts';
import { type LockedServices, lockServices, upsertStreams, upsertTeams } from './services.ts';

export interface StoreOptions {
  /** How long after an exposure an incident that names nothing is attributed to it. */
  readonly attributionWindowMs: number;
  /** Milliseconds since 1970: when this batch came in; stored with conflicting repeats. */
  readonly receivedAt: number;
  /** W3C trace context of this transaction, for the receivers of its change notification. */
  readonly trace?: Readonly<Record<string, string>> | null;
  /** Rollouts of a stream that an evaluation loads at first. Default 16. */
  readonly entriesMax?: number;
  /**
   * Events per statement. Default 2,000: PGlite runs in this thread, and each statement blocks it. More are cheaper with
   * a server.
   */
  readonly sliceEvents?: number;
}

export interface Outcome {
  /** Events that were not stored before. */
  readonly stored: number;
  /** Events that were stored before, or came twice in the batch. */
  readonly repeated: number;
  /** Events that claim the identity of a stored one, with another content. */
  readonly conflicting: number;
  /** The services of the stored events. */
  readonly invalidated: Invalidation;
}

/**
 * Stores a batch and brings all facts, relations and observations up to date, in one transaction: all of it or nothing.
 * Repetition and order do not matter, so that the same batch can come again after a crash.
 */
export async function storeEvents(
  db: Store,
  batch: readonly IdentifiedEvent[],
  options: StoreOptions,
): Promise<Outcome> {
  return db.transaction().execute(async trx => {
    await planAsWritten(trx);
    const services = await lockServices(trx, servicesOf(batch.map(({ event }) => event)));
    const intakes: Intake[] = [];
    const changes: ChangedSince[] = [];
    const slice = options.sliceEvents ?? 2_000;
    for (let from = 0; from < batch.length; from += slice) {
      const intake = await insertRawEvents(trx, batch.slice(from, from + slice), options.receivedAt);
      changes.push(await derive(trx, intake.stored, services, options));
      intakes.push(intake);
    }
    const changedSince = mergeChanges(changes);
    const invalidated = new Map(
      servicesOf(intakes.flatMap(intake => intake.stored)).map(name => [
        name,
        changedSince.get(services.idOf(name)) ?? Infinity,
      ]),
    );
    const { receivedAt, trace } = options;
    if (invalidated.size > 0) await notify(trx, { invalidated, receivedAt, ...(trace && { trace }) });
    return {
      stored: sum(intakes.map(intake => intake.stored.length)),
      repeated: sum(intakes.map(intake => intake.repeated)),
      conflicting: sum(intakes.map(intake => intake.conflicting)),
      invalidated,
    };
  });
}

/**
 * Derives facts, relations and observations from new events.
 * @param services those of the events
 * @returns which observations changed
 */
export async function derive(
  trx: Transaction,
  events: readonly Event[],
  services: LockedServices,
  { attributionWindowMs, entriesMax = 16 }: Pick<StoreOptions, 'attributionWindowMs' | 'entriesMax'>,
): Promise<ChangedSince> {
  if (events.length === 0) return noChanges;
  const batch = fold(events);
  await upsertTeams(trx, services, batch.services);
  const streamIdOf = await upsertStreams(trx, services, [...batch.rollouts, ...batch.incidents]);
  const revisions = await upsertRevisions(trx, services, batch);
  const rollouts = await upsertRollouts(trx, streamIdOf, revisions, batch);
  const reported =
    batch.incidents.length === 0
      ? noIncidents
      : await upsertIncidents(trx, streamIdOf, revisions, rollouts, batch);

  const evaluated = await evaluateStreams(trx, rollouts.moved, revisions.regrouped, entriesMax);
  const regrouped = rollouts.regrouped.union(evaluated.turned);
  const changes = await changesToObserve(trx, { revisions, rollouts, regrouped, spans: evaluated.spans });
  const ofChanges = await observeChanges(trx, changes, revisions.newFrom);

  const near = await incidentsNear(trx, evaluated.rollouts, rollouts, changes, attributionWindowMs);
  const incidents = reported.union(near);
  const attributed =
    incidents.size === 0
      ? { rollouts: noRollouts, changed: noChanges }
      : await attributeIncidents(trx, incidents, reported, attributionWindowMs);

  const changedRollouts = rollouts.all.union(evaluated.rollouts).union(attributed.rollouts);
  const ofRollouts = await observeRollouts(trx, changedRollouts, rollouts.newFrom);
  return mergeChanges([ofChanges, attributed.changed, ofRollouts]);
}

const noIncidents: ReadonlySet<number> = new Set();
const noRollouts: ReadonlySet<number> = new Set();

/** The services that events are about, in byte order. */
export function servicesOf(events: readonly Event[]): string[] {
  return [...new Set(events.flatMap(event => event.service ?? []))].sort(compareBytes);
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
