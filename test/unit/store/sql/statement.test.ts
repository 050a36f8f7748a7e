import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely';
import { describe, expect, test } from 'vitest';
import { statement, statementNameOf } from '../../../../store/sql/statement.ts';

const db = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: own => new PostgresIntrospector(own),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

const find = (id: number) =>
  statement('rollouts.find')`
  select * from rollout where id = ${id} and ${sql`not drill`}`.compile(db);

describe('a named statement', () => {
  test('has its name after the first word, and its parameters as they were', () => {
    expect(find(7).sql).toBe(`
  select /* rollouts.find */ * from rollout where id = $1 and not drill`);
    expect(find(7).parameters).toEqual([7]);
  });

  test('has the same text on every call', () => {
    expect(find(7).sql).toBe(find(8).sql);
  });

  test('tells its name by its text', () => {
    expect(statementNameOf(find(7).sql)).toBe('rollouts.find');
    expect(statementNameOf('select 1')).toBeNull();
    expect(statementNameOf('select 1 /* rollouts.find */')).toBeNull();
  });

  test('begins with a word, where the name has its place', () => {
    expect(() => statement('rollouts.find')`${sql`select 1`}`).toThrow('rollouts.find');
  });
});
