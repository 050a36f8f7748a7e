import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isAway } from '../../../platform/database-errors.ts';
import { memory, openPGlite } from '../../../platform/pglite.ts';

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

describe('one connection for all', () => {
  test('runs transactions that are begun at the same time one after the other', async () => {
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

  test('shows no read what a transaction has not committed', async () => {
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

  test('keeps the writes of others out of a transaction that is rolled back', async () => {
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

  test('serves in the order of asking', async () => {
    const served: number[] = [];
    const ask = (id: number) =>
      id % 2 === 0
        ? db.transaction().execute(async () => void served.push(id))
        : sql`select 1`.execute(db).then(() => served.push(id));
    const order = Array.from({ length: 50 }, (_, id) => id);
    await Promise.all(order.map(ask));
    expect(served).toEqual(order);
  });

  test('goes on after a statement that failed, within a transaction and without', async () => {
    await expect(sql`select no_such_column`.execute(db)).rejects.toMatchObject({ code: '42703' });
    const twice = db.transaction().execute(async trx => {
      await trx.insertInto('note').values({ id: 1, text: '' }).execute();
      await trx.insertInto('note').values({ id: 1, text: '' }).execute();
    });
    await expect(twice).rejects.toMatchObject({ code: '23505' });
    expect(await ids()).toEqual([]);
  });

  test('does not commit a transaction whose failed statement was passed over', async () => {
    const outcome = db.transaction().execute(async trx => {
      await trx.insertInto('note').values({ id: 1, text: '' }).execute();
      await sql`select no_such_column`.execute(trx).catch(() => {});
    });
    await expect(outcome).rejects.toThrow();
    expect(await ids()).toEqual([]);
  });
});

describe('a folder', () => {
  test('is made if absent, and keeps the data', async () => {
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

  test('that is a file is refused', async () => {
    const base = await mkdtemp(join(tmpdir(), 'firstlight-pglite-'));
    await writeFile(join(base, 'file'), '');
    await expect(openPGlite(join(base, 'file'))).rejects.toThrow(/EEXIST/);
    await rm(base, { recursive: true });
  });
});

test('after destroy, every query fails as away', async () => {
  const closed = await openPGlite<Tables>(memory);
  await closed.destroy();
  const error = await closed
    .selectFrom('note')
    .selectAll()
    .execute()
    .catch(reason => reason);
  expect(isAway(error)).toBe(true);
});
