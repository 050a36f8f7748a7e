import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openIncidents, rolloutsTotal, windows } from '../../../domain/metrics/definitions.ts';
import { families } from '../../../domain/metrics/families.ts';
import { reference, seriesKey } from '../../../domain/reference.ts';
import type { Database } from '../../../store/schema/tables.ts';
import { engines, openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { disorder, eventsOf, histories, now } from '../../support/histories/histories.ts';
import { addUp, serveStore, type WholeReceipt, wholeReceipt } from '../../support/histories/receipts.ts';
import { attributionWindowMs, empty, storeBatch } from '../../support/histories/store.ts';
import { runs } from '../../support/run/properties.ts';

type Labels = Readonly<Record<string, string>>;

/** Every series of every metric, by its name without prefix. */
const series = [
  ...families.flatMap(({ name, series }) =>
    series.map(({ labels }) => ({ name, labels, windowless: false, open: false })),
  ),
  { name: openIncidents.name, labels: {}, windowless: true, open: true },
  ...rolloutsTotal.outcomes.map(outcome => ({
    name: rolloutsTotal.name,
    labels: { outcome },
    windowless: true,
    open: false,
  })),
];
const scopes = [
  ...['checkout', 'search'].map(service => ({ prefix: 'dora_', service })),
  ...['red', 'blue'].map(team => ({ prefix: 'dora_team_', team })),
  { prefix: 'dora_fleet_' },
];
// The Wednesday at noon at which the histories are looked at is in 2026-W21.
const weeks = { '2026-W20': Date.UTC(2026, 4, 18), '2026-W19': Date.UTC(2026, 4, 11) } as const;
const periods = [...windows.map(days => `${days}d`), ...(Object.keys(weeks) as (keyof typeof weeks)[])];

const question = fc.record({
  series: fc.constantFrom(...series),
  scope: fc.constantFrom(...scopes),
  environment: fc.constantFrom('production', 'production', 'staging'),
  period: fc.constantFrom(...periods),
  limit: fc.constantFrom(1, 2, 7, 500),
  sort: fc.constantFrom('at', 'value'),
});
const asked = histories.chain(history =>
  fc.record({
    history: fc.constant(history),
    batches: disorder(history),
    questions: fc.array(question, { minLength: 25, maxLength: 25 }),
  }),
);

describe.each(engines)('on %s', engine => {
  let store: TestDatabase<Database>;
  beforeAll(async () => {
    store = await openTestStore(engine);
  });
  afterAll(() => store.close());

  test('adding up a receipt gives the number of the definition', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(asked, async ({ history, batches, questions }) => {
        await empty(store.db);
        for (const batch of batches) await storeBatch(store.db, batch);
        const events = eventsOf(history);
        const answersAt = (at: number, windowDays: readonly number[]) =>
          reference(events, { now: at, windowDays, attributionWindowMs });
        const present = answersAt(now, windows);
        const server = await serveStore(store.db);
        try {
          for (const { series: of, scope, environment, period, limit, sort } of questions) {
            const { prefix, ...about } = scope;
            const end = weeks[period as keyof typeof weeks];
            const answers = end === undefined || of.windowless ? present : answersAt(end, [7]);
            const window = end === undefined ? period : '7d';
            const keyFor = (labels: Labels) =>
              seriesKey(`${prefix}${of.name}`, {
                ...labels,
                ...of.labels,
                environment,
                ...(of.windowless ? {} : { window }),
              });
            const wanted = wantedOf(answers, keyFor, about);
            const query = {
              metric: of.name,
              ...of.labels,
              ...about,
              environment,
              limit: String(limit),
              sort,
              ...(end === undefined ? { window: period } : { week: period }),
            };
            if (wanted === undefined) continue;
            const receipt = await wholeReceipt(server.app, query);
            const told = `${JSON.stringify(query)}: ${JSON.stringify(receipt)}`;
            near(receipt.value, wanted, told);
            near(addUp(receipt), wanted, told);
            checkItems(receipt);
          }
        } finally {
          await server.close();
        }
      }),
      { numRuns: runs(20), endOnFailure: true },
    );
  });
});

/** undefined where the scope is not shown at all; null where it is, and there is nothing to say. */
function wantedOf(
  answers: ReadonlyMap<string, number>,
  keyFor: (labels: Labels) => string,
  about: Labels,
): number | null | undefined {
  if (!('service' in about)) return answers.get(keyFor(about)) ?? undefined;
  for (const team of ['', 'red', 'blue']) {
    const value = answers.get(keyFor({ ...about, team }));
    if (value !== undefined) return value;
  }
  return undefined;
}

function near(got: number | null, wanted: number | null, told: string): void {
  if (got === null || wanted === null) expect(got, told).toBe(wanted);
  else expect(Math.abs(got - wanted), told).toBeLessThanOrEqual(1e-9 * Math.abs(wanted) + 1e-9);
}

/** Each item lies in the period, comes once, and its events say what it says. */
function checkItems({ from, to, counted, leftOut }: WholeReceipt): void {
  const seen = new Set<string>();
  for (const item of [...counted, ...leftOut]) {
    const { events, moreEvents: _more, ...rest } = item;
    const key = JSON.stringify(rest);
    expect(seen.has(key), key).toBe(false);
    seen.add(key);
    const reason = 'reason' in item ? item.reason : null;
    if (from !== null) expect(item.at < to && (item.at >= from || reason === 'open'), key).toBe(true);
    expect(events.length, key).toBeGreaterThan(0);
    const times = (...types: string[]) =>
      events.filter(event => types.includes(event.type)).map(event => event.time);
    if ('measure' in item && item.measure === 'lead_time' && 'change' in item) {
      expect(times('change_merged').sort()[0]).toBe(item.change.merged);
      expect(times('change_exposed')).toContain(item.at);
      expect(item.change.exposed).toBe(item.at);
    }
    if ('measure' in item && item.measure === 'exposed') expect(times('change_exposed')).toContain(item.at);
    if ('outage' in item) {
      expect(times('incident_detected').sort()[0]).toBe(item.outage.from);
      expect(times('incident_resolved').sort().at(-1)).toBe(item.outage.to);
    }
  }
}
