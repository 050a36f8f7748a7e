import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isUnavailable } from '../../../platform/database/errors.ts';
import { memory, openPGlite } from '../../../platform/database/pglite.ts';

interface Tables {
  note: { id: number; text: string };
}

let db: Kysely<Tables>;
beforeAll(async () => {
  db = await openPGlite<Tables>(memory);
  await sql`create table note (id bigint primary key, text text not null)`.execute(db);
});
beforeEach(async () => {
  await db.deleteFrom('note').execute();
});
afterAll(() => db.destroy());

const pause = () => new Promise(resolve => setImmediate(resolve));
const ids = async () => (await db.selectFrom('note').select('id').orderBy('id').execute()).map(row => row.id);

describe('the single connection', () => {
  test('runs concurrent transactions one after the other', async () => {
    const said: string[] = [];
    await Promise.all(
      [1, 2, 3, 4].map(id =>
        db.transaction().execute(async trx => {
          said.push(`${id} begins`);
          await trx.insertInto('note').values({ id, text: 'a' }).execute();
          await pause();
          await trx.updateTable('note').set({ text: 'b' }).where('id', '=', id).execute();
          said.push(`${id} ends`);
        }),
      ),
    );
    expect(said).toEqual([1, 2, 3, 4].flatMap(id => [`${id} begins`, `${id} ends`]));
    expect(await ids()).toEqual([1, 2, 3, 4]);
  });

  test('hides the uncommitted rows of a transaction from other queries', async () => {
    const seen: number[][] = [];
    const reads: Promise<unknown>[] = [];
    await db.transaction().execute(async trx => {
      for (const id of [1, 2, 3]) {
        await trx.insertInto('note').values({ id, text: '' }).execute();
        reads.push(ids().then(found => seen.push(found)));
        await pause();
      }
      expect(seen).toEqual([]);
    });
    await Promise.all(reads);
    expect(seen).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  test('does not roll back the writes of other callers with a transaction', async () => {
    let other: Promise<unknown> | undefined;
    const failing = db.transaction().execute(async trx => {
      await trx.insertInto('note').values({ id: 1, text: '' }).execute();
      other = db.insertInto('note').values({ id: 2, text: '' }).execute();
      await pause();
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    await other;
    expect(await ids()).toEqual([2]);
  });

  test('serves queries in the order of the calls', async () => {
    const served: number[] = [];
    const ask = (id: number) =>
      id % 2 === 0
        ? db.transaction().execute(async () => void served.push(id))
        : sql`select 1`.execute(db).then(() => served.push(id));
    const order = Array.from({ length: 50 }, (_, id) => id);
    await Promise.all(order.map(ask));
    expect(served).toEqual(order);
  });

  test('works after a failed statement, inside a transaction and outside', async () => {
    await expect(sql`select no_such_column`.execute(db)).rejects.toMatchObject({ code: '42703' });
    const twice = db.transaction().execute(async trx => {
      await trx.insertInto('note').values({ id: 1, text: '' }).execute();
      await trx.insertInto('note').values({ id: 1, text: '' }).execute();
    });
    await expect(twice).rejects.toMatchObject({ code: '23505' });
    expect(await ids()).toEqual([]);
  });

  test('does not commit a transaction in which an error was ignored', async () => {
    const outcome = db.transaction().execute(async trx => {
      await trx.insertInto('note').values({ id: 1, text: '' }).execute();
      await sql`select no_such_column`.execute(trx).catch(() => {});
    });
    await expect(outcome).rejects.toThrow();
    expect(await ids()).toEqual([]);
  });
});

describe('a repeated statement', () => {
  const insert = (id: number, into: Kysely<Tables> = db) =>
    into.insertInto('note').values({ id, text: 'a' }).executeTakeFirst();

  test('is parsed and planned once', async () => {
    for (const id of [1, 2, 3]) await insert(id);
    const { rows } = await sql<{ runs: number }>`
      select generic_plans + custom_plans as runs from pg_prepared_statements
      where statement = 'insert into "note" ("id", "text") values ($1, $2)'`.execute(db);
    expect(rows).toEqual([{ runs: expect.toSatisfy((runs: number) => runs >= 3) }]);
  });

  test('returns the number of written rows, and none for a read', async () => {
    expect(await insert(1)).toMatchObject({ numInsertedOrUpdatedRows: 1n });
    expect(await db.deleteFrom('note').where('id', '>', 0).executeTakeFirst()).toEqual({
      numDeletedRows: 1n,
    });
    expect((await sql`select 1 where ${1}::int > 0`.execute(db)).numAffectedRows).toBe(0n);
  });

  test.each([
    ['bigint', -(2 ** 53) + 1],
    ['integer', 7],
    ['double precision', 0.1],
    ['boolean', true],
    ['boolean', false],
    ['text', 'Zoë 🚦 \\ \' "'],
    ['text', ''],
    ['json', { a: [1, null, 'ü'] }],
    ['bytea', new Uint8Array([0, 1, 255])],
    ['bigint[]', [1, null, 3]],
    ['text[]', ['a,b', '{}', '']],
    ['timestamptz', '2026-11-21 09:00:00+00'],
    ['text', null],
  ])('brings a %s back as it was given: %j', async (type, value) => {
    const echo = () => sql<{ value: unknown }>`select ${value}::${sql.raw(type)} as value`.execute(db);
    expect((await echo()).rows).toEqual([{ value }]);
    expect((await echo()).rows).toEqual([{ value }]);
  });

  test('returns many rows', async () => {
    const many = await sql<{
      n: number;
    }>`select n, repeat('x', 100) from generate_series(1, ${20_000}) as n`.execute(db);
    expect(many.rows.map(({ n }) => n)).toEqual(Array.from({ length: 20_000 }, (_, index) => index + 1));
  });

  test('fails correctly each time, and works afterwards', async () => {
    await insert(1);
    for (const _ of [1, 2, 3]) await expect(insert(1)).rejects.toMatchObject({ code: '23505' });
    const failing = db.transaction().execute(async trx => {
      await insert(2, trx);
      await insert(1, trx).catch(() => {});
      await insert(3, trx);
    });
    await expect(failing).rejects.toMatchObject({ code: '25P02' });
    await insert(3);
    expect(await ids()).toEqual([1, 3]);
  });

  test('stays prepared when the transaction of its first run is rolled back', async () => {
    const read = (from: Kysely<Tables>) =>
      sql<{ id: number }>`select id from note where id <> ${0}`.execute(from);
    const failing = db.transaction().execute(async trx => {
      await insert(1, trx);
      expect((await read(trx)).rows).toEqual([{ id: 1 }]);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    await insert(2);
    expect((await read(db)).rows).toEqual([{ id: 2 }]);
  });

  test('is planned again after its table was changed or created again', async () => {
    await sql`create table part (id bigint)`.execute(db);
    const named = () => sql`select id from part where id > ${0}`.execute(db);
    const whole = () => sql`select * from part where id > ${0}`.execute(db);
    await named();
    await whole();
    await sql`alter table part add column note text`.execute(db);
    await sql`insert into part values (1, 'a')`.execute(db);
    expect((await named()).rows).toEqual([{ id: 1 }]);
    // PostgreSQL fixes the columns of `select *` when it prepares a statement; the next run prepares it again.
    await expect(whole()).rejects.toMatchObject({ code: '0A000' });
    expect((await whole()).rows).toEqual([{ id: 1, note: 'a' }]);
    await sql`drop table part`.execute(db);
    await expect(named()).rejects.toMatchObject({ code: '42P01' });
    await sql`create table part (id bigint)`.execute(db);
    expect((await named()).rows).toEqual([]);
  });
});

describe('a folder', () => {
  test('is created if it does not exist, and keeps the data', async () => {
    const base = await mkdtemp(join(tmpdir(), 'firstlight-pglite-'));
    const folder = join(base, 'deep', 'database');
    const first = await openPGlite<Tables>(folder);
    await sql`create table note (id bigint primary key, text text not null)`.execute(first);
    await first.insertInto('note').values({ id: 7, text: 'kept' }).execute();
    await first.destroy();
    const second = await openPGlite<Tables>(folder);
    expect(await second.selectFrom('note').selectAll().execute()).toEqual([{ id: 7, text: 'kept' }]);
    await second.destroy();
    await rm(base, { recursive: true });
  });

  test('is refused if it is a file', async () => {
    const base = await mkdtemp(join(tmpdir(), 'firstlight-pglite-'));
    await writeFile(join(base, 'file'), '');
    await expect(openPGlite(join(base, 'file'))).rejects.toThrow(/EEXIST/);
    await rm(base, { recursive: true });
  });
});

test('after destroy, every query fails as unavailable', async () => {
  const closed = await openPGlite<Tables>(memory);
  await closed.destroy();
  const error = await closed
    .selectFrom('note')
    .selectAll()
    .execute()
    .catch(reason => reason);
  expect(isUnavailable(error)).toBe(true);
});
