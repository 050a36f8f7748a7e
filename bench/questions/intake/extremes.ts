/**
 * Question: how fast does the store take in traffic of an unusual pattern? Baseline: as many events of ordinary traffic.
 * Both go into an empty database, or into one that holds the events which the pattern puts before.
 *
 * By default it asks for the patterns with a goal. Names of patterns in `bench/traffic/patterns.ts` as arguments ask for
 * these instead.
 */
import { sql } from 'kysely';
import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import type { Store } from '../../../store/schema/tables.ts';
import { empty } from '../../../test/support/histories/store.ts';
import { batched, storeBatch } from '../../baselines/intake.ts';
import { type Answer, alternate, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { freshDatabase, startPostgres } from '../../measure/servers.ts';
import { furtherPatterns, namedPatterns, ordinary, type TrafficPattern } from '../../traffic/patterns.ts';

const namedEvents = 40_000;
const furtherEvents = 40_000;
const goal = { ratio: 'at least', of: 1 / 3 } as const;

function askedPatterns(): { pattern: TrafficPattern; events: number }[] {
  const names = process.argv.slice(2);
  return [
    ...namedPatterns.map(pattern => ({ pattern, events: namedEvents })),
    ...furtherPatterns.map(pattern => ({ pattern, events: furtherEvents })),
  ].filter(({ pattern }) =>
    names.length === 0 ? namedPatterns.includes(pattern) : names.includes(pattern.name),
  );
}

async function rateOf(db: Store, pattern: TrafficPattern, count: number): Promise<Answer> {
  const before = batched(pattern.before?.(count) ?? []);
  const unusual = batched(pattern.events(count));
  const usual = batched(ordinary(count));
  const rate = async (events: readonly IdentifiedEvent[][]) => {
    await empty(db);
    for (const batch of before) await storeBatch(db, batch);
    await sql`checkpoint`.execute(db);
    const startedAt = performance.now();
    for (const batch of events) await storeBatch(db, batch);
    const seconds = (performance.now() - startedAt) / 1_000;
    return events.reduce((total, batch) => total + batch.length, 0) / seconds;
  };
  return answer(
    { question: `store: ${pattern.name}, ${count} events`, unit: 'events/s', goal },
    await alternate(
      () => rate(unusual),
      () => rate(usual),
    ),
  );
}

async function extremes(): Promise<Answer[]> {
  const server = await startPostgres();
  try {
    const { db, close } = await freshDatabase(server);
    const answers: Answer[] = [];
    for (const { pattern, events } of askedPatterns()) answers.push(await rateOf(db, pattern, events));
    await close();
    return answers;
  } finally {
    await server.stop();
  }
}

report(await extremes());
