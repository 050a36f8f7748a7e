import { join } from 'node:path';
import { expect } from 'vitest';
import type { Event, SentEvent } from '../../../domain/events/event.ts';
import { identify } from '../../../domain/events/identity.ts';
import { windows } from '../../../domain/metrics/definitions.ts';
import { reference } from '../../../domain/reference.ts';
import { openPGlite } from '../../../platform/database/pglite.ts';
import { openPostgres } from '../../../platform/database/postgres.ts';
import type { Database } from '../../../store/schema/tables.ts';
import type { Product } from '../product/standalone.ts';
import { differences, parseSeries } from './series.ts';
import { attributionWindowMs } from './store.ts';

/** An event as a test sends it: nothing about it is left to the server. */
export type WholeEvent = SentEvent & { readonly id: string; readonly source: string; readonly time: string };

/**
 * Waits until a scrape shows the numbers that these events have by the definitions. The product's clock is the real one:
 * the events must lie a few minutes away from the edges of the windows.
 */
export async function expectShown(
  product: Pick<Product, 'get'>,
  events: readonly WholeEvent[],
  timeout = 20_000,
): Promise<void> {
  const identified: Event[] = events.map(event => identify(event, event.source, 0).event);
  const wanted = reference(identified, { now: Date.now(), windowDays: windows, attributionWindowMs });
  const wrong = async () => differences(parseSeries((await product.get('/metrics')).text), wanted);
  await expect.poll(wrong, { timeout, interval: 100 }).toEqual([]);
}

/** The value of one series of a scrape, `firstlight_findings{reason="conflicting_repeat"}`; null when there is none. */
export async function shown(product: Pick<Product, 'get'>, series: string): Promise<number | null> {
  const { text } = await product.get('/metrics');
  const line = text.split('\n').find(each => each.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length));
}

/** The ids of the events in the store of a stopped product, one for each row. */
export async function storedIds(location: { dataDir: string } | { databaseUrl: string }): Promise<string[]> {
  const db =
    'dataDir' in location
      ? await openPGlite<Database>(join(location.dataDir, 'database'))
      : openPostgres<Database>(location.databaseUrl, {
          connectionsMax: 1,
          applicationName: 'firstlight tests',
        });
  try {
    const rows = await db.selectFrom('event').select('body').execute();
    return rows.map(({ body }) => body.id);
  } finally {
    await db.destroy();
  }
}
