import { mkdir } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, type PGlite as PGliteOfKysely } from 'kysely';
import { arrayTypeIds } from './binary-array.ts';
import { columnParsers } from './column-types.ts';
import { NamedStatements } from './pglite-statements.ts';

/** In place of a folder: a database that lives in this process only and is gone with it. */
export const memory = 'memory://';

/**
 * Opens PGlite, the PostgreSQL that runs inside this process, with its data in `folder` (made if absent).
 * It has one connection: Kysely hands it out to one query or transaction at a time, in the order of asking,
 * so a query never runs inside somebody else's transaction. Inside a transaction use its handle only: the
 * outer one would wait for the transaction to end. The isolation level of a transaction is PostgreSQL's default.
 *
 * Nothing keeps a second process off the folder: take {@link ./folder-lock.ts} first.
 * `destroy()` closes it.
 * @throws {Error} when the folder cannot be used or holds something else
 */
export async function openPGlite<T>(folder: string): Promise<Kysely<T>> {
  if (folder !== memory) await mkdir(folder, { recursive: true });
  const pglite = await PGlite.create(folder, { parsers: { ...columnParsers } });
  const db = new Kysely<T>({ dialect: new PGliteDialect({ pglite: letOthersIn(pglite) }) });
  // Kysely closes only what it has begun to use; a database that was opened in vain must be closed as well.
  await db.connection().execute(async () => {});
  return db;
}

/** An array that is in PostgreSQL's binary format already goes as it is, see {@link ./binary-array.ts}. */
function arraysAsTheyAre({ serializers }: PGlite) {
  return Object.fromEntries(
    arrayTypeIds.map(id => [
      id,
      (value: unknown) => (ArrayBuffer.isView(value) ? value : serializers[id]?.(value)),
    ]),
  ) as unknown as PGlite['serializers'];
}

/**
 * PGlite answers without leaving the thread, so one statement after the other would keep timers and sockets
 * waiting for a whole transaction: each statement ends with a turn of the event loop.
 */
function letOthersIn(pglite: PGlite): PGliteOfKysely {
  const serializers = arraysAsTheyAre(pglite);
  const named = new NamedStatements(pglite, { ...pglite.serializers, ...serializers });
  const inTurns =
    (inner: Pick<PGliteOfKysely, 'query'>): PGliteOfKysely['query'] =>
    async (statement, parameters = [], options) => {
      try {
        if (named.takes(statement, parameters)) return await named.query(statement, parameters);
        return await inner.query(statement, parameters, { ...options, serializers });
      } finally {
        await nextTurn();
      }
    };
  return {
    query: inTurns(pglite),
    transaction: callback =>
      pglite.transaction(inner => callback({ query: inTurns(inner), rollback: () => inner.rollback() })),
    close: () => pglite.close(),
    get closed() {
      return pglite.closed;
    },
    get ready() {
      return pglite.ready;
    },
    get waitReady() {
      return pglite.waitReady;
    },
  };
}
