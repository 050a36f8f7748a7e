import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { migrations } from '../../../migrations/index.ts';
import { engines, openTestStore } from '../../support/databases/test-store.ts';

describe.each(engines)('the test store on %s', engine => {
  test('has every migration, and is independent of other test stores', async () => {
    const [one, other] = await Promise.all([openTestStore(engine), openTestStore(engine)]);
    await sql`create table mine (id int)`.execute(one.db);
    await sql`create table mine (id int)`.execute(other.db);
    const { rows } = await sql<{ name: string }>`select name from kysely_migration order by 1`.execute(
      one.db,
    );
    expect(rows.map(row => row.name)).toEqual(Object.keys(migrations).toSorted());
    await Promise.all([one.close(), other.close()]);
  });
});
