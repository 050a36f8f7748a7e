import type { TestProject } from 'vitest/node';
import { keepsDatabases, keepUntilEnter } from './keep.ts';
import { startServer } from './server.ts';
import type { ServerUrls } from './test-store.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    servers: ServerUrls;
  }
}

/** Starts the PostgreSQL servers once for a run of the tests that need them; Vitest stops them with `teardown`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = await Promise.allSettled([startServer('postgres18'), startServer('postgres15')]);
  const servers = started.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const stop = async () => {
    await Promise.all(servers.map(server => server.stop()));
  };
  const [postgres18, postgres15] = servers;
  if (postgres18 === undefined || postgres15 === undefined) {
    await stop();
    throw new AggregateError(
      started.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : [])),
      'the PostgreSQL servers of the tests did not start',
    );
  }
  project.provide('servers', { postgres18: postgres18.url, postgres15: postgres15.url });
  return async () => {
    if (keepsDatabases) await keepUntilEnter(servers.map(({ url }) => url));
    await stop();
  };
}
