import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Listener, listen } from '../../../platform/database/listen.ts';
import { createLogger, silentLogger } from '../../../platform/telemetry/log.ts';
import { type Server, startServer } from '../../support/databases/server.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases/test-store.ts';
import { waitFor } from '../../support/product/process.ts';

describe.each(['postgres18', 'postgres15'] as const)('listen on %s', engine => {
  let database: TestDatabase<unknown>;
  let listener: Listener;
  let heard: (string | null)[];
  let lines: string[];
  beforeEach(async () => {
    heard = [];
    lines = [];
    database = await freshDatabase(engine);
    listener = await listen(
      database.url ?? '',
      'Changed "rows"',
      payload => heard.push(payload),
      createLogger({ name: 'test', destination: { write: line => void lines.push(line) } }),
    );
  });
  afterEach(async () => {
    await listener.stop();
    await database.close();
  });

  const notify = (payload: string) =>
    sql`select pg_notify('Changed "rows"', ${payload})`.execute(database.db);
  const cutOff = () =>
    sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'firstlight listen' and datname = current_database()`.execute(database.db);

  test('receives every notification with its payload', async () => {
    await notify('a');
    await notify('');
    await waitFor(() => heard.length === 2);
    expect(heard).toEqual(['a', '']);
  });

  test('reconnects after a loss, logs it once, and receives further notifications', async () => {
    for (const round of [1, 2]) {
      await cutOff();
      await waitFor(() => heard.length === 2 * round - 1);
      await notify(`after ${round}`);
      await waitFor(() => heard.length === 2 * round);
    }
    expect(heard).toEqual([null, 'after 1', null, 'after 2']);
    const messages = lines.map(line => JSON.parse(line).msg);
    expect(messages.slice(0, 2)).toEqual([
      'the listening database connection was lost',
      'the listening database connection stands again',
    ]);
    expect(messages).toHaveLength(4);
  });

  test('closes its connection when it is stopped', async () => {
    await listener.stop();
    await waitFor(async () => {
      const { rows } = await sql`select 1 from pg_stat_activity
        where application_name = 'firstlight listen' and datname = current_database()`.execute(database.db);
      return rows.length === 0;
    });
    expect(heard).toEqual([]);
  });
});

describe('listen without a reachable server', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer('postgres18');
  });
  afterAll(() => server.stop());

  test('keeps trying, and reports when it is connected', async () => {
    const heard: (string | null)[] = [];
    await server.crash();
    const listener = await listen(server.url, 'channel', payload => heard.push(payload), silentLogger);
    expect(heard).toEqual([]);
    await server.restart();
    await waitFor(() => heard.length > 0);
    expect(heard).toEqual([null]);
    await listener.stop();
  });

  test('can be stopped between two attempts', async () => {
    await server.crash();
    const listener = await listen(server.url, 'channel', () => {}, silentLogger);
    await listener.stop();
    await server.restart();
  });
});
