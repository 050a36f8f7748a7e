/**
 * Question: how many bytes does an event take on disk, as raw event, facts and observations with all indexes? Baseline:
 * the length of its JSON.
 *
 * A month of ordinary traffic over 1,000 services is stored in batches through the one transaction, on PostgreSQL with
 * default autovacuum: dead rows count until it removes them. A printed table shows the bytes by table and index. Then a
 * rebuild makes the derived tables anew, without dead rows.
 */

import { parseArgs } from 'node:util';
import { type Kysely, sql } from 'kysely';
import { rebuild } from '../../../store/rebuild/rebuild.ts';
import type { Database } from '../../../store/schema/tables.ts';
import { storeEvents } from '../../../store/write/store-events.ts';
import { type Answer, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { freshDatabase, startPostgres } from '../../measure/servers.ts';
import { batches, identified, traffic } from '../../traffic/traffic.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '500000' },
    batch: { type: 'string', default: '500' },
  },
});
const options = {
  events: Number(values.events),
  services: 1_000,
  from: Date.UTC(2026, 9, 1),
  to: Date.UTC(2026, 10, 1),
};
const attributionWindowMinutes = 60;

/** A table or an index. */
interface Relation {
  readonly table: string;
  /** Empty: the table itself, with its free space map and out-of-line storage. */
  readonly index: string;
  readonly bytes: number;
}

async function relationsOf(db: Kysely<Database>): Promise<Relation[]> {
  const found = await sql<Relation>`
    select class.relname::text as table, ''::text as index, pg_table_size(class.oid) as bytes
    from pg_class as class
    where class.relkind = 'r' and class.relnamespace = 'public'::regnamespace
    union all
    select class.relname::text, part.relname::text, pg_relation_size(part.oid)
    from pg_class as class join pg_index on pg_index.indrelid = class.oid
      join pg_class as part on part.oid = pg_index.indexrelid
    where class.relnamespace = 'public'::regnamespace
    order by 3 desc`.execute(db);
  return found.rows.filter(({ bytes }) => bytes > options.events / 100);
}

function printSizes(relations: readonly Relation[], events: number, jsonBytes: number): Answer['value'] {
  console.table(
    relations.map(({ table, index, bytes }) => ({
      table,
      index,
      'bytes per event': Number((bytes / events).toFixed(1)),
      '× JSON': Number((bytes / jsonBytes).toFixed(3)),
    })),
  );
  return relations.reduce((total, { bytes }) => total + bytes, 0) / events;
}

async function disk(): Promise<Answer[]> {
  await using stack = new AsyncDisposableStack();
  const server = await startPostgres();
  stack.defer(() => server.stop());
  const { db, close } = await freshDatabase(server);
  stack.defer(close);
  let events = 0;
  let jsonBytes = 0;
  for (const batch of batches(identified(traffic(options)), Number(values.batch))) {
    await storeEvents(db, batch, {
      attributionWindowMs: attributionWindowMinutes * 60_000,
      receivedAt: options.to,
    });
    events += batch.length;
    for (const { event } of batch) jsonBytes += Buffer.byteLength(JSON.stringify(event));
  }
  const answerOf = (question: string, bytes: number, atMost: number | null) =>
    answer(
      { question, unit: 'bytes', goal: atMost === null ? null : { ratio: 'at most', of: atMost } },
      { measured: [bytes], base: [jsonBytes / events] },
    );
  const written = printSizes(await relationsOf(db), events, jsonBytes);
  const answers = [answerOf('disk per event, against its JSON', written, 3)];
  await rebuild(db, { attributionWindowMinutes });
  const rebuilt = printSizes(await relationsOf(db), events, jsonBytes);
  answers.push(answerOf('disk per event after a rebuild, against its JSON', rebuilt, null));
  return answers;
}

report(await disk());
