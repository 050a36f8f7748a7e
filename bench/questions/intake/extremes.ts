/**
 * Question: how fast does the store take in streams that are out of the ordinary? Baseline: as many events of ordinary
 * traffic, in turn, each into an empty record (or into one that holds what the stream says has to come before).
 *
 * `bench/traffic/streams.ts` knows more of them than are asked for here: their names as arguments ask for those only.
 */
import { sql } from 'kysely';
import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import type { Store } from '../../../store/schema/tables.ts';
import { empty } from '../../../test/support/histories/store.ts';
import { batched, keep } from '../../baselines/intake.ts';
import { type Answer, alternate, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { freshDatabase, startPostgres } from '../../measure/servers.ts';
import { furtherStreams, namedStreams, ordinary, type Stream } from '../../traffic/streams.ts';

const namedEvents = 40_000;
const furtherEvents = 40_000;
const goal = { ratio: 'at least', of: 1 / 3 } as const;

function asked(): { stream: Stream; events: number }[] {
  const names = process.argv.slice(2);
  return [
    ...namedStreams.map(stream => ({ stream, events: namedEvents })),
    ...furtherStreams.map(stream => ({ stream, events: furtherEvents })),
  ].filter(({ stream }) =>
    names.length === 0 ? namedStreams.includes(stream) : names.includes(stream.name),
  );
}

async function rateOf(db: Store, stream: Stream, count: number): Promise<Answer> {
  const before = batched(stream.before?.(count) ?? []);
  const extreme = batched(stream.events(count));
  const usual = batched(ordinary(count));
  const rate = async (events: readonly IdentifiedEvent[][]) => {
    await empty(db);
    for (const batch of before) await keep(db, batch);
    await sql`checkpoint`.execute(db);
    const startedAt = performance.now();
    for (const batch of events) await keep(db, batch);
    const seconds = (performance.now() - startedAt) / 1_000;
    return events.reduce((total, batch) => total + batch.length, 0) / seconds;
  };
  return answer(
    { question: `store: ${stream.name}, ${count} events`, unit: 'events/s', goal },
    await alternate(
      () => rate(extreme),
      () => rate(usual),
    ),
  );
}

async function extremes(): Promise<Answer[]> {
  const server = await startPostgres();
  try {
    const { db, close } = await freshDatabase(server);
    const answers: Answer[] = [];
    for (const { stream, events } of asked()) answers.push(await rateOf(db, stream, events));
    await close();
    return answers;
  } finally {
    await server.stop();
  }
}

report(await extremes());
