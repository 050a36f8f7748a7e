import { Client } from 'pg';
import { waitFor } from '../product/process.ts';

/** A database session that blocks every transaction of a consumer. */
export interface Blocker {
  /** Unblocks the transactions. */
  release(): Promise<void>;
}

/**
 * Locks the rows of all services in the database, and waits until a consumer's transaction waits for them. Events of
 * these services must be on their way.
 */
export async function blockTransactions(databaseUrl: string): Promise<Blocker> {
  const connect = async () => {
    const client = new Client({ connectionString: databaseUrl });
    client.on('error', () => {}); // the server may die
    await client.connect();
    return client;
  };
  const holder = await connect();
  await holder.query('begin');
  await holder.query('select from service for update');
  const watcher = await connect();
  const waiting = `select from pg_stat_activity
    where application_name = 'firstlight consumer' and wait_event_type = 'Lock' and datname = current_database()`;
  await waitFor(async () => ((await watcher.query(waiting)).rowCount ?? 0) > 0, {
    what: 'a transaction that waits',
  });
  await watcher.end();
  return { release: () => holder.end() };
}
