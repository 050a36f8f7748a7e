import { Registry } from 'prom-client';
import { Snapshot } from '../../../services/metrics/live/snapshot.ts';
import { storeSource } from '../../../services/metrics/live/source.ts';
import type { Store } from '../../../store/schema/tables.ts';
import { now } from './histories.ts';

/** What a scrape of this store at {@link now} finds fault with: how often by reason, without those that are 0. */
export async function findingsOf(db: Store): Promise<Record<string, number>> {
  const registry = new Registry();
  const snapshot = new Snapshot({
    source: storeSource(db),
    now: () => now,
    registry,
    onError: error => {
      throw error;
    },
  });
  await snapshot.start();
  await snapshot.stop();
  const text = await registry.metrics();
  const found = [...text.matchAll(/^firstlight_findings\{reason="([a-z_]+)"\} (\d+)$/gm)];
  return Object.fromEntries(
    found.map(([, reason = '', count]) => [reason, Number(count)] as const).filter(([, count]) => count > 0),
  );
}
