import { compareBytes } from '../../domain/events/byte-order.ts';
import type { Event } from '../../domain/events/event.ts';
import type { IdentifiedEvent } from '../../domain/events/identity.ts';
import { incidentsNear, observeIncidents, reattribute } from '../derive/attribution.ts';
import { changesToObserve, observeChanges } from '../derive/changes.ts';
import { evaluateStreams } from '../derive/evaluate-streams.ts';
import { type ChangedSince, mergeChanges, noChanges } from '../derive/observations.ts';
import { regroupOutages } from '../derive/outages.ts';
import { observeRollouts } from '../derive/rollouts.ts';
import type { Store, Transaction } from '../schema/tables.ts';
import { planAsWritten } from '../sql/planner.ts';
import { fold } from './batch.ts';
import { type Invalidation, notify } from './change-notification.ts';
import { upsertIncidents } from './incidents.ts';
import { type Intake, insertRawEvents } from './raw-events.ts';
import { upsertRevisions } from './revisions.ts';
import { upsertRollouts } from './rollouts.ts';
import { type Locked, lockServices, upsertStreams, upsertTeams } from './services.ts';

export interface StoreOptions {
  /** How long after an exposure an incident that names nothing is blamed on it. */
  readonly attributionWindowMs: number;
  /** Milliseconds since 1970: when this batch came in; kept with conflicting repeats. */
  readonly receivedAt: number;
  /** W3C trace context of this transaction, for those whom its notification wakes. */
  readonly trace?: Readonly<Record<string, string>> | null;
  /** Rollouts of a stream that an evaluation of the timeline loads at first. Default 16. */
  readonly entriesMax?: number;
  /**
   * Events that one statement takes at once. Default 2,000: PGlite runs in our thread, and each statement holds it.
   * Of a server more at once are cheaper.
   */
  readonly sliceEvents?: number;
}

export interface Outcome {
  /** Events that are in the record now and were not before. */
  readonly stored: number;
  /** Events that were in the record before, or twice in the batch. */
  readonly repeated: number;
  /** Events that claim the identity of a stored one, with another content. */
  readonly conflicting: number;
  /** The services that the stored events are about. */
  readonly invalidated: Invalidation;
}

/**
 * Stores a batch and brings every fact, relation and observation up to date, in one transaction: all of it or
 * nothing. Repetition and order do not matter; after a crash the same batch can simply come again.
 */
export async function storeEvents(
  db: Store,
  batch: readonly IdentifiedEvent[],
  options: StoreOptions,
): Promise<Outcome> {
  return db.transaction().execute(async trx => {
    await planAsWritten(trx);
    const locked = await lockServices(trx, servicesOf(batch.map(({ event }) => event)));
    const intakes: Intake[] = [];
    const changes: ChangedSince[] = [];
    const slice = options.sliceEvents ?? 2_000;
    for (let from = 0; from < batch.length; from += slice) {
      const intake = await insertRawEvents(trx, batch.slice(from, from + slice), options.receivedAt);
      changes.push(await derive(trx, intake.stored, locked, options));
      intakes.push(intake);
    }
    const changed = mergeChanges(changes);
    const services = servicesOf(intakes.flatMap(intake => intake.stored));
    const invalidated = new Map(
      services.map(name => [name, changed.get(locked.ids.get(name) ?? 0) ?? Infinity]),
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
 * Derives facts, relations and observations from events that are new to the record.
 * @param locked their services, whose rows this transaction has locked
 * @returns which observations are other ones now
 */
export async function derive(
  trx: Transaction,
  events: readonly Event[],
  locked: Locked,
  options: Pick<StoreOptions, 'attributionWindowMs' | 'entriesMax'>,
): Promise<ChangedSince> {
  if (events.length === 0) return noChanges;
  const batch = fold(events);
  const services = locked.ids;
  await upsertTeams(trx, locked, batch.services);
  const streams = await upsertStreams(trx, services, [...batch.rollouts, ...batch.incidents]);
  const revisions = await upsertRevisions(trx, services, batch);
  const rollouts = await upsertRollouts(trx, streams, revisions, batch);
  const told = await upsertIncidents(trx, streams, revisions, rollouts.ids, batch);

  const replaced = await evaluateStreams(trx, rollouts.moved, revisions.regrouped, options.entriesMax ?? 16);
  const regrouped = rollouts.regrouped.union(replaced.turned);
  const changes = await changesToObserve(trx, { revisions, regrouped, rollouts, spans: replaced.spans });
  const ofChanges = await observeChanges(trx, changes, revisions.newFrom);

  const shown = replaced.rollouts.union(rollouts.all);
  const near = await incidentsNear(trx, replaced.rollouts, rollouts, changes, options.attributionWindowMs);
  const incidents = told.union(new Set(near));
  const reattributed = await reattribute(trx, incidents, options.attributionWindowMs);
  const ofIncidents = await observeIncidents(trx, incidents);
  const ofOutages = await regroupOutages(trx, told.union(reattributed.incidents));
  const ofRollouts = await observeRollouts(trx, shown.union(reattributed.rollouts), rollouts.newFrom);
  return mergeChanges([ofChanges, ofIncidents, ofOutages, ofRollouts]);
}

/** The services that events are about, in byte order. */
export function servicesOf(events: readonly Event[]): string[] {
  return [...new Set(events.flatMap(event => event.service ?? []))].sort(compareBytes);
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
