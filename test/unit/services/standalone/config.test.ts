import { expect, test } from 'vitest';
import { emptyCatalogue } from '../../../../domain/catalogue/model.ts';
import { ConfigError } from '../../../../platform/process/config.ts';
import { readDatabaseConfig, readStandaloneConfig } from '../../../../services/standalone/config.ts';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readStandaloneConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('without any setting it listens on loopback, on port 8080, with its database in ./data', () => {
  expect(readStandaloneConfig({})).toEqual({
    host: '127.0.0.1',
    port: 8080,
    location: { dataDir: './data', databaseUrl: undefined },
    attributionWindowMinutes: 60,
    logLevel: 'info',
    collector: {
      tokens: [],
      secrets: { tokens: [] },
      limits: { bodyBytesMax: 5_000_000, batchEventsMax: 5_000 },
    },
    catalogue: { catalogue: emptyCatalogue, files: [] },
    metrics: { readToken: undefined, timezone: 'UTC' },
  });
});

test('problems of all parts are reported at once', () => {
  const problems = problemsOf({ PORT: '70000', BATCH_EVENTS_MAX: 'many', WEEK_TIMEZONE: 'Mars' });
  expect(problems).toEqual([
    'PORT must be at most 65535',
    'BATCH_EVENTS_MAX must be a whole number',
    expect.stringContaining('WEEK_TIMEZONE must be the IANA name'),
  ]);
});

test('off loopback it needs a token, which is reported with the other problems', () => {
  expect(problemsOf({ HOST: '0.0.0.0' })).toEqual([expect.stringContaining('Set INGEST_TOKEN')]);
  expect(problemsOf({ HOST: '0.0.0.0', WEEK_TIMEZONE: 'Mars' })).toHaveLength(2);
  expect(problemsOf({ HOST: '0.0.0.0', INGEST_TOKEN: 'quick-start' })).toEqual([]);
});

test.each(['mysql://db/x', 'db.example.com', 'http://db'])('%s is no DATABASE_URL', url => {
  expect(problemsOf({ DATABASE_URL: url })).toEqual([expect.stringMatching(/^DATABASE_URL /)]);
});

test('the error of a wrong DATABASE_URL does not contain its password', () => {
  expect(problemsOf({ DATABASE_URL: 'mysql://user:swordfish@db' }).join()).not.toContain('swordfish');
});

test('the command line reads the settings of the database without those of the server', () => {
  const env = { DATABASE_URL: 'postgres://db/firstlight', BLAME_WINDOW_MINUTES: '0', PORT: 'wrong' };
  expect(readDatabaseConfig(env)).toEqual({
    location: { databaseUrl: 'postgres://db/firstlight', dataDir: './data' },
    attributionWindowMinutes: 0,
    logLevel: 'info',
  });
});
