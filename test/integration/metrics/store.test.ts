import { expect, test } from 'vitest';
import type { SentEvent } from '../../../domain/events/event.ts';
import { type IdentifiedEvent, identify as recorded } from '../../../domain/events/identity.ts';
import { formatTime } from '../../../domain/events/time.ts';
import { windows } from '../../../domain/metrics/definitions.ts';
import { reference, seriesKey } from '../../../domain/reference.ts';
import { storeEvents } from '../../../store/write/store-events.ts';
import { engines, openTestStore } from '../../support/databases/test-store.ts';
import { snapshotOf } from '../../support/histories/store.ts';
import { daysAgo, hourMs, noon, parseExposition } from '../../unit/services/metrics/memory-source.ts';

const attributionWindowMs = hourMs;
const minute = 60_000;

/** A few weeks of three services of two teams: canaries, an abort, an outage, an incident that is still open. */
function history(): IdentifiedEvent[] {
  const events: SentEvent[] = [];
  const say = (at: number, event: SentEvent) => events.push({ ...event, time: formatTime(at) });
  for (const [n, service] of ['checkout', 'search', 'ledger'].entries()) {
    const about = { service, ...(n < 2 && { team: n === 0 ? 'payments' : 'discovery' }) };
    for (let i = 0; i < 12; i++) {
      const change = `${service}-${i}`;
      const at = daysAgo(80 - 7 * i) + n * 7 * minute;
      say(at - (i + 1) * hourMs, { type: 'change_merged', change, ...about, rework: i % 4 === 0 });
      say(at, { type: 'change_exposed', change, ...about, weight: i % 3 === 0 ? 5 : 100 });
      if (i % 3 === 0) say(at + 20 * minute, { type: 'change_exposed', change, ...about, weight: 50 });
      if (i % 5 === 0) say(at + 30 * minute, { type: 'change_rolled_back', change, ...about });
      if (i % 4 === n) {
        say(at + 10 * minute, { type: 'incident_detected', incident: `i${i}`, ...about });
        if (i < 10) say(at + (25 + i) * minute, { type: 'incident_resolved', incident: `i${i}`, ...about });
      }
    }
  }
  return events.map(event => recorded(event, 'test', noon));
}

test.each(engines)('on %s a scrape shows the numbers of the definition, after each batch', async engine => {
  const { db, close } = await openTestStore(engine);
  const snapshot = snapshotOf(db, { now: () => noon, readEveryMs: 1 });
  try {
    await snapshot.start();
    const batches = history();
    for (const [first, last] of [
      [30, 60],
      [0, 30],
      [60, batches.length],
    ] as const) {
      const outcome = await storeEvents(db, batches.slice(first, last), {
        attributionWindowMs,
        receivedAt: noon,
      });
      snapshot.invalidate(outcome.invalidated, noon);
    }
    await snapshot.refreshed();
    const shown = parseExposition(String(snapshot.text));
    const events = batches.map(({ event }) => event);
    const expected = reference(events, { now: noon, windowDays: windows, attributionWindowMs });
    expect(new Set(shown.map(({ name, labels }) => seriesKey(name, labels)))).toEqual(
      new Set(expected.keys()),
    );
    for (const { name, labels, value } of shown)
      expect(value, seriesKey(name, labels)).toBeCloseTo(
        expected.get(seriesKey(name, labels)) ?? Number.NaN,
        6,
      );
  } finally {
    await snapshot.stop();
    await close();
  }
});
