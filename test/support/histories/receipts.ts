import { type FastifyInstance, fastify } from 'fastify';
import { Registry } from 'prom-client';
import { metricsRoutes } from '../../../services/metrics/app.ts';
import { Snapshot } from '../../../services/metrics/live/snapshot.ts';
import { storeSource } from '../../../services/metrics/live/source.ts';
import type { CountedItem, LeftOutItem, Receipt } from '../../../services/metrics/receipts/receipt.ts';
import type { Store } from '../../../store/schema/tables.ts';
import { now } from './histories.ts';

/** The reading side of the product on a store that lies at {@link now}. */
export async function serveStore(
  db: Store,
  options: { readonly timezone?: string; readonly readToken?: string } = {},
): Promise<{ readonly app: FastifyInstance; close(): Promise<void> }> {
  const registry = new Registry();
  const source = storeSource(db);
  const onError = (error: unknown) => {
    throw error;
  };
  const snapshot = new Snapshot({ source, registry, now: () => now, onError });
  const app = fastify();
  const { timezone = 'UTC', readToken } = options;
  app.register(metricsRoutes, { snapshot, source, registry, readToken, timezone, now: () => now, db });
  await app.ready();
  await snapshot.start();
  return {
    app,
    close: async () => {
      await app.close();
      await snapshot.stop();
    },
  };
}

/** A receipt with the items of all its pages. */
export interface WholeReceipt extends Omit<Receipt, 'counted' | 'leftOut'> {
  readonly counted: readonly CountedItem[];
  readonly leftOut: readonly LeftOutItem[];
}

/** Reads a receipt page by page to its end. */
export async function wholeReceipt(
  app: FastifyInstance,
  query: Readonly<Record<string, string>>,
): Promise<WholeReceipt> {
  const read = async (cursor: string | null): Promise<Receipt> => {
    const parameters = new URLSearchParams({ ...query, ...(cursor === null ? {} : { cursor }) });
    const answer = await app.inject(`/api/v1/receipts?${parameters}`);
    if (answer.statusCode !== 200) throw new Error(`${parameters}: ${answer.statusCode} ${answer.body}`);
    return answer.json();
  };
  const first = await read(null);
  const counted = [...(first.counted?.items ?? [])];
  for (let next = first.counted?.next ?? null; next !== null; ) {
    const page = (await read(next)).counted;
    counted.push(...(page?.items ?? []));
    next = page?.next ?? null;
  }
  const leftOut = [...(first.leftOut?.items ?? [])];
  for (let next = first.leftOut?.next ?? null; next !== null; ) {
    const page = (await read(next)).leftOut;
    leftOut.push(...(page?.items ?? []));
    next = page?.next ?? null;
  }
  return { ...first, counted, leftOut };
}

/** The number again, from the items of its receipt alone. */
export function addUp({ way, rank, from, to, counted }: WholeReceipt): number | null {
  const values = counted.map(item => item.value).sort((a, b) => a - b);
  const total = values.reduce((sum, value) => sum + value, 0);
  switch (way) {
    case 'count':
      return values.length;
    case 'sum':
      return total;
    case 'mean':
      return values.length === 0 ? null : total / values.length;
    case 'quantile':
      return values[Math.ceil((rank ?? 0) * values.length) - 1] ?? null;
    case 'per_day':
      return values.length / ((Date.parse(to) - Date.parse(from ?? to)) / 86_400_000);
    case 'ratio': {
      const above = counted.filter(item => item.part === 'numerator').length;
      const below = counted.filter(item => item.part === 'denominator').length;
      return below === 0 ? null : above / below;
    }
  }
}
