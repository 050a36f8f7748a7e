import { mkdir } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, type PGlite as PGliteOfKysely } from 'kysely';
import { arrayTypeIds } from './binary-array.ts';
import { columnParsers } from './column-types.ts';
import { NamedStatements } from './pglite-statements.ts';

/** In place of a folder: a database in memory, which ends with the process. */
export const memory = 'memory://';

/**
 * Opens PGlite, a PostgreSQL inside this process, with its data in `folder`, which is created if it does not exist.
 * PGlite has one connection. Kysely gives it to one query or transaction at a time, in the order of the calls, so a
 * query never runs inside another caller's transaction. Inside a transaction use only its own handle: a query on the
 * outer handle would wait for the transaction to end. The isolation level is PostgreSQL's default.
 *
 * PGlite does not lock the folder against a second process: the caller takes the lock of {@link ./folder-lock.ts} first.
 * `destroy()` closes the database.
 * @throws {Error} when the folder cannot be used or holds other files
 */
export async function openPGlite<T>(folder: string): Promise<Kysely<T>> {
  if (folder !== memory) await mkdir(folder, { recursive: true });
  const pglite = await PGlite.create(folder, { parsers: { ...columnParsers } });
  const db = new Kysely<T>({ dialect: new PGliteDialect({ pglite: yieldingPGlite(pglite) }) });
  // Kysely closes only a database that it has used, and `destroy()` must close an unused one too.
  await db.connection().execute(async () => {});
  return db;
}

/** Serializers that pass an array in PostgreSQL's binary format through, see {@link ./binary-array.ts}. */
function arraySerializers({ serializers }: PGlite) {
  return Object.fromEntries(
    arrayTypeIds.map(id => [
      id,
      (value: unknown) => (ArrayBuffer.isView(value) ? value : serializers[id]?.(value)),
    ]),
  ) as unknown as PGlite['serializers'];
}

/**
 * Yields to the event loop after each statement. PGlite works in this thread, so that timers and sockets would
 * otherwise wait for a whole transaction.
 */
function yieldingPGlite(pglite: PGlite): PGliteOfKysely {
  const serializers = arraySerializers(pglite);
  const named = new NamedStatements(pglite, { ...pglite.serializers, ...serializers });
  const yieldAfter =
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
    query: yieldAfter(pglite),
    transaction: callback =>
      pglite.transaction(inner => callback({ query: yieldAfter(inner), rollback: () => inner.rollback() })),
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
