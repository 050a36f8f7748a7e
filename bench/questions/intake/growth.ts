/**
 * Question: how does the cost of an event grow with what the database holds, and with the shape of the events? Each size
 * takes turns with the smallest size of its row, in µs per unit of work.
 */
import { sql } from 'kysely';
import type { Event } from '../../../domain/events/event.ts';
import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import { dayMs } from '../../../domain/metrics/definitions.ts';
import type { Store } from '../../../store/schema/tables.ts';
import type { Server } from '../../../test/support/databases/server.ts';
import { empty } from '../../../test/support/histories/store.ts';
import { batched, batchSize, storeBatch } from '../../baselines/intake.ts';
import { filled } from '../../measure/filled.ts';
import { type Answer, alternate, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { type BenchDatabase, freshDatabase, startPostgres } from '../../measure/servers.ts';
import { endOfTraffic, overlappingIncidents } from '../../traffic/patterns.ts';
import { traffic } from '../../traffic/traffic.ts';

/** Events; 10,000,000 takes an hour more. */
const historySizes = [10_000, 100_000, 1_000_000];
const serviceCounts = [10, 100, 1_000, 10_000];
const changeCounts = [1, 10, 100, 1_000];
const overlapCounts = [1, 10, 100, 1_000];
/** Events per measurement. */
const measured = 10_000;
const goal = { ratio: 'at most', of: 2 } as const;
const historyMs = 3_650 * dayMs;
const historyServices = 1_000;

/** Each history has ten years and a database of its own; the cost of the events after it is measured. */
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
  const history = traffic({ events, services: historyServices, from: to - historyMs, to, seed: 'history' });
  const made = await filled(server, history);
  await sql`analyze`.execute(made.db);
  return made;
}

/** A batch of events of the day after the history. */
const moreEvents = (round: number): IdentifiedEvent[][] =>
  batched(
    traffic({
      events: batchSize,
      services: historyServices,
      from: endOfTraffic - 2 * dayMs,
      to: endOfTraffic - dayMs,
      seed: `more-${round}`,
    }),
  );

/** Each size goes into an empty database. */
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
 * Microseconds per unit of work. An event is a unit, and so is each change that it names beyond the first: a rollout of
 * a thousand changes is as much work as a thousand events.
 */
async function costOf(db: Store, work: readonly IdentifiedEvent[][]): Promise<number> {
  const units = work.flat().reduce((total, { event }) => total + unitsOf(event), 0);
  const startedAt = performance.now();
  for (const batch of work) await storeBatch(db, batch);
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
