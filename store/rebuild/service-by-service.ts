import { sql } from 'kysely';
import type { Event } from '../../domain/events/event.ts';
import type { Store, Transaction } from '../schema/tables.ts';
import { statement } from '../sql/statement.ts';

/** A share of the raw events: those of the services of one lane, numbered after `after` and up to `upTo`. */
export interface Share {
  /** The schema of the table `event`. */
  readonly schema: string;
  readonly after: number;
  readonly upTo: number;
  readonly lane: number;
  readonly lanes: number;
}

const cursor = sql.id('firstlight_rebuild');

/**
 * The raw events service by service, each in the order of time: most of what is derived of them is then written once.
 * PostgreSQL sorts them into a file of its own and keeps it over the transactions of the slices.
 */
export class ServiceByService {
  readonly #connection: Store;
  #isOpen = false;

  /** @param connection one connection, not a pool: the sorted events belong to it */
  constructor(connection: Store) {
    this.#connection = connection;
  }

  async open({ schema, after, upTo, lane, lanes }: Share): Promise<void> {
    await this.#connection.transaction().execute(async trx => {
      await statement('rebuild.sort-in-memory')`select set_config('work_mem', '64MB', true)`.execute(trx);
      // A declaration takes no parameters.
      await statement('rebuild.declare-events')`
        declare ${cursor} cursor with hold for
        select body from ${sql.id(schema, 'event')}
        where seq > ${sql.lit(after)} and seq <= ${sql.lit(upTo)}
          and (hashtext(coalesce(body->>'service', '')) & 65535) % ${sql.lit(lanes)} = ${sql.lit(lane)}
        order by body->>'service' collate "C", body->>'time' collate "C", seq`.execute(trx);
    });
    this.#isOpen = true;
  }

  /** The next events, up to `limit`; an empty list after the last one. */
  async take(trx: Transaction, limit: number): Promise<Event[]> {
    const page = await statement<{ body: Event }>('rebuild.fetch-events')`
      fetch forward ${sql.lit(limit)} from ${cursor}`.execute(trx);
    return page.rows.map(row => row.body);
  }

  async close(): Promise<void> {
    // A lost connection has closed the cursor.
    if (this.#isOpen)
      await statement('rebuild.close-events')`close ${cursor}`.execute(this.#connection).catch(() => {});
    this.#isOpen = false;
  }
}
