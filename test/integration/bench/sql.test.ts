import { execFile } from 'node:child_process';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Capture, forPsql } from '../../../bench/sql/capture.ts';
import { type FilledDatabase, filledDatabase } from '../../../bench/sql/database.ts';
import { namedStatements } from '../../../bench/sql/names.ts';

const statements = namedStatements();
const capture = new Capture(() => true);
let database: FilledDatabase;
let client: Client;
beforeAll(async () => {
  database = await filledDatabase(capture, inject('servers').postgres18);
  client = new Client(database.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.close();
});

describe('every statement of the store', () => {
  test('has a name, and is captured', () => {
    expect([...capture.unnamed]).toEqual([]);
    expect([...capture.captured.keys()].sort()).toEqual(statements.map(({ name }) => name));
  });

  test('is printed so that PostgreSQL takes it, or has no plan', async () => {
    await client.query('begin');
    for (const [name, captured] of capture.captured) {
      if (captured.plan === null) continue;
      expect(captured.plan.join('\n'), name).toMatch(/cost=/);
      // A rebuild's tables are gone when it ends.
      if (name.startsWith('rebuild.')) continue;
      const printed = forPsql(captured);
      expect(printed, name).not.toMatch(/\$\d/);
      await client.query('savepoint printed');
      const { rows } = await client.query(`explain ${printed}`);
      expect(rows[0]['QUERY PLAN'], name).toMatch(/cost=/);
      await client.query('rollback to savepoint printed');
    }
    await client.query('rollback');
  });
});

describe('npm run sql', () => {
  const run = (...args: string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>(resolve => {
      const env = { ...process.env, DATABASE_URL: inject('servers').postgres18 };
      execFile(process.execPath, ['bench/sql/main.ts', ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });

  test('lists the names', async () => {
    const { code, stdout } = await run();
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(statements.length);
  });

  test('prints one with its plan', async () => {
    const { code, stdout } = await run('streams.read');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^select \/\* streams\.read \*\/ stream\.id/);
    expect(stdout).toMatch(/^-- .*actual time=/m);
  });

  test('refuses a name that no statement has, with the nearest', async () => {
    const { code, stdout, stderr } = await run('streams.reed');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('streams.read');
  });
});
