/**
 * Question: how does the cost of an event grow with what the record holds, and with the shape of the events? Each size
 * is measured in turn with the smallest one of its row, in µs per unit of work.
 */
import { sql } from 'kysely';
import type { Event } from '../../../domain/events/event.ts';
import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import { dayMs } from '../../../domain/metrics/definitions.ts';
import type { Store } from '../../../store/schema/tables.ts';
import type { Server } from '../../../test/support/databases/server.ts';
import { empty } from '../../../test/support/histories/store.ts';
import { batched, batchSize, keep } from '../../baselines/intake.ts';
import { filled } from '../../measure/filled.ts';
import { type Answer, alternate, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { type BenchDatabase, freshDatabase, startPostgres } from '../../measure/servers.ts';
import { endOfTraffic, overlappingIncidents } from '../../traffic/streams.ts';
import { traffic } from '../../traffic/traffic.ts';

/** Up to 10,000,000 where there is an hour for it. */
const historySizes = [10_000, 100_000, 1_000_000];
const serviceCounts = [10, 100, 1_000, 10_000];
const changeCounts = [1, 10, 100, 1_000];
const overlapCounts = [1, 10, 100, 1_000];
/** Events of one measure. */
const measured = 10_000;
const goal = { ratio: 'at most', of: 2 } as const;
const historyMs = 3_650 * dayMs;
const historyServices = 1_000;

/** Each history, of ten years, stands in a record of its own; what comes to its end is measured. */
async function byHistory(server: Server): Promise<Answer[]> {
  const [least = 0, ...others] = historySizes;
  const answers: Answer[] = [];
  for (const size of others) {
    const [large, small] = [await withHistory(server, size), await withHistory(server, least)];
    answers.push(
      answer(
        questionOf(`a history of ${size} events`, `${least}`),
        await alternate(
          round => costOf(large.db, moreEvents(round)),
          round => costOf(small.db, moreEvents(round)),
        ),
      ),
    );
    await Promise.all([large.close(), small.close()]);
  }
  return answers;
}

async function withHistory(server: Server, events: number): Promise<BenchDatabase> {
  const to = endOfTraffic - 2 * dayMs;
  const history = traffic({ events, services: historyServices, from: to - historyMs, to, stream: 'history' });
  const made = await filled(server, history);
  await sql`analyze`.execute(made.db);
  return made;
}

/** A batch of the day after the history. */
const moreEvents = (round: number): IdentifiedEvent[][] =>
  batched(
    traffic({
      events: batchSize,
      services: historyServices,
      from: endOfTraffic - 2 * dayMs,
      to: endOfTraffic - dayMs,
      stream: `more-${round}`,
    }),
  );

/** Each into an empty record. */
async function bySize(
  what: string,
  sizes: readonly number[],
  db: Store,
  eventsOf: (size: number) => Iterable<Event>,
): Promise<Answer[]> {
  const [least = 0, ...others] = sizes;
  const base = batched(eventsOf(least));
  const answers: Answer[] = [];
  for (const size of others) {
    const events = batched(eventsOf(size));
    const cost = (of: readonly IdentifiedEvent[][]) => async () => {
      await empty(db);
      return costOf(db, of);
    };
    const found = await alternate(cost(events), cost(base));
    answers.push(answer(questionOf(`${size} ${what}`, `${least}`), found));
  }
  return answers;
}

const questionOf = (size: string, least: string) => ({
  question: `store: cost of an event, ${size} against ${least}`,
  unit: 'µs',
  goal,
});

/**
 * Microseconds per unit of work: an event, and each name that it bears beyond the first. A rollout that names a
 * thousand changes says as much as a thousand events do.
 */
async function costOf(db: Store, work: readonly IdentifiedEvent[][]): Promise<number> {
  const units = work.flat().reduce((total, { event }) => total + unitsOf(event), 0);
  const startedAt = performance.now();
  for (const batch of work) await keep(db, batch);
  return ((performance.now() - startedAt) * 1_000) / units;
}

const unitsOf = (event: Event): number =>
  1 + (event.type === 'change_exposed' ? (event.changes?.length ?? 0) : 0);

async function growth(): Promise<Answer[]> {
  const server = await startPostgres();
  try {
    const { db, close } = await freshDatabase(server);
    const answers = [
      ...(await byHistory(server)),
      ...(await bySize('services', serviceCounts, db, services =>
        traffic({ events: measured, services, from: endOfTraffic - 90 * dayMs, to: endOfTraffic - dayMs }),
      )),
      ...(await bySize('changes per rollout', changeCounts, db, changesPerRollout =>
        traffic({
          events: measured,
          services: 100,
          changesPerRollout,
          from: endOfTraffic - 90 * dayMs,
          to: endOfTraffic - dayMs,
        }),
      )),
      ...(await bySize('incidents overlapping', overlapCounts, db, open =>
        overlappingIncidents(measured, open),
      )),
    ];
    await close();
    return answers;
  } finally {
    await server.stop();
  }
}

report(await growth());
