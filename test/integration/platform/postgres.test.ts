import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isUnavailable } from '../../../platform/database/errors.ts';
import { openPostgres } from '../../../platform/database/postgres.ts';
import { createLogger } from '../../../platform/telemetry/log.ts';
import { type Server, startServer } from '../../support/databases/server.ts';
import { engines, freshDatabase, type TestDatabase } from '../../support/databases/test-store.ts';
import { freePort, waitFor } from '../../support/product/process.ts';

describe.each(engines)('values from %s', engine => {
  let database: TestDatabase<unknown>;
  beforeAll(async () => {
    database = await freshDatabase(engine);
  });
  afterAll(() => database.close());

  test('are numbers and text with every driver', async () => {
    const { rows } = await sql`
      select 1747215000123::int8 as ms, count(*) as n, '{1,2,null}'::int8[] as several, '{{1},{2}}'::int8[] as nested,
             '{}'::int8[] as none, date '2026-05-04' as day, timestamp '2026-05-04 09:30:00' as local,
             array[date '2026-05-04'] as days, 0.5::float8 as ratio, true as yes, '{"a": [1]}'::jsonb as json,
             null::int8 as absent, array['a,"b', null] as texts`.execute(database.db);
    expect(rows).toEqual([
      {
        ms: 1747215000123,
        n: 1,
        several: [1, 2, null],
        nested: [[1], [2]],
        none: [],
        day: '2026-05-04',
        local: '2026-05-04 09:30:00',
        days: ['2026-05-04'],
        ratio: 0.5,
        yes: true,
        json: { a: [1] },
        absent: null,
        texts: ['a,"b', null],
      },
    ]);
  });

  test('that no number holds exactly are an error, and the connection stays usable', async () => {
    const tooBig = sql`select 9007199254740993::int8 as n`.execute(database.db);
    await expect(tooBig).rejects.toThrow('the int8 9007199254740993 is beyond 2^53');
    expect((await sql`select 1 as n`.execute(database.db)).rows).toEqual([{ n: 1 }]);
  });

  test('can be sent as arrays of numbers and text', async () => {
    const { rows } = await sql`
      select * from unnest(${[1, 2]}::int8[], ${['a', null]}::text[]) as t(n, t)`.execute(database.db);
    expect(rows).toEqual([
      { n: 1, t: 'a' },
      { n: 2, t: null },
    ]);
  });
});

describe('an unavailable server', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer('postgres15');
  });
  afterAll(() => server.stop());

  test('makes queries fail as unavailable, until it runs again', async () => {
    const lines: string[] = [];
    const logger = createLogger({ name: 'test', destination: { write: line => void lines.push(line) } });
    const db = openPostgres<unknown>(server.url, { connectionsMax: 2, applicationName: 'test', logger });
    const ask = () => sql`select 1 as n`.execute(db);
    await ask();
    const running = sql`select pg_sleep(60)`.execute(db).catch(error => error);
    await waitFor(async () => {
      const { rows } = await sql`select 1 from pg_stat_activity where query like 'select pg_sleep%'`.execute(
        db,
      );
      return rows.length > 0;
    });
    await server.crash();
    expect(isUnavailable(await running)).toBe(true);
    expect(isUnavailable(await ask().catch(error => error))).toBe(true);
    await server.restart();
    await waitFor(ask);
    expect(lines.join()).toContain('an idle database connection was lost');
    await db.destroy();
    expect(isUnavailable(await ask().catch(error => error))).toBe(true);
  });

  test('is recognized before the first connection', async () => {
    const url = `postgres://postgres:hunter2@127.0.0.1:${await freePort()}/postgres`;
    const db = openPostgres<unknown>(url, { connectionsMax: 1, applicationName: 'test' });
    const error = await sql`select 1`.execute(db).catch(reason => reason);
    expect(isUnavailable(error)).toBe(true);
    expect(String(error)).not.toContain('hunter2');
    await db.destroy();
  });

  test('counts as unavailable when all connections are in use for too long', async () => {
    const options = { connectionsMax: 1, applicationName: 'test', connectTimeoutMs: 50 };
    const db = openPostgres<unknown>(server.url, options);
    await db.connection().execute(async () => {
      expect(isUnavailable(await sql`select 1`.execute(db).catch(error => error))).toBe(true);
    });
    await db.destroy();
  });

  test('counts as unavailable when a statement takes longer than allowed', async () => {
    const options = { connectionsMax: 1, applicationName: 'test', statementTimeoutMs: 50 };
    const db = openPostgres<unknown>(server.url, options);
    const error = await sql`select pg_sleep(60)`.execute(db).catch(reason => reason);
    expect(error).toMatchObject({ code: '57014' });
    expect(isUnavailable(error)).toBe(true);
    await db.destroy();
  });
});

test('the server shows the name of the application', async () => {
  const { db, close } = await freshDatabase('postgres18');
  const { rows } = await sql`select current_setting('application_name') as name`.execute(db);
  expect(rows).toEqual([{ name: 'firstlight tests' }]);
  await close();
});

test('the servers have the versions 18 and 15', async () => {
  for (const [engine, version] of [
    ['pglite', /^18\./],
    ['postgres18', /^18\./],
    ['postgres15', /^(1[5-9]|[2-9]\d)\./],
  ] as const) {
    const { db, close } = await freshDatabase(engine);
    const { rows } = await sql<{ server_version: string }>`show server_version`.execute(db);
    expect(rows[0]?.server_version).toMatch(version);
    await close();
  }
});
