import { fastify } from 'fastify';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { ScoredRollout } from '../../../../../domain/metrics/scorecard-part.ts';
import { metricsRoutes } from '../../../../../services/metrics/app.ts';
import { Snapshot } from '../../../../../services/metrics/live/snapshot.ts';
import { Scorecards } from '../../../../../services/metrics/scorecard/scorecards.ts';
import { scorecardSection } from '../../../../../services/metrics/scorecard/section.ts';
import { daysAgo, hourMs, MemorySource, noon, stream } from '../memory-source.ts';

const minute = 60_000;
const period = { from: daysAgo(30), to: noon };
const fleet = { environment: 'production', service: null, team: null };

/** A canary of 5, 25 and 100 %, ten minutes each. */
function canary(exposed: number, of: Partial<ScoredRollout> = {}): ScoredRollout {
  const steps = [exposed, 5, exposed + 10 * minute, 25, exposed + 20 * minute, 100];
  const standing = { full: exposed + 20 * minute, ended: null, cause: null, rolledBackFrom: null };
  return { exposed, progressive: true, retry: false, steps, ...standing, ...of };
}

/** One that stays at 5 % until the analysis aborts it, 20 minutes later. */
function aborted(exposed: number, of: Partial<ScoredRollout> = {}): ScoredRollout {
  const ended = exposed + 20 * minute;
  return canary(exposed, { steps: [exposed, 5], full: null, ended, cause: 'automatic', ...of });
}

function sourceOf(rollouts: Readonly<Record<string, readonly ScoredRollout[]>>, team = ''): MemorySource {
  const source = new MemorySource();
  for (const [service, own] of Object.entries(rollouts)) {
    const of = stream({ service, team, exposedTotal: own.length });
    source.streams.push(of);
    source.scored.push({ stream: of.id, rollouts: own });
  }
  return source;
}

test('the scorecard says what the canaries kept away, and what it would have been at full traffic', async () => {
  const source = sourceOf({ checkout: [aborted(daysAgo(3)), canary(daysAgo(2), { retry: true })] });
  const { overall } = await new Scorecards({ source, now: () => noon }).of(fleet, period);
  expect(overall).toMatchObject({
    exposed: 2,
    steps: { median: 1, p90: 3, samples: 2 },
    aborts: { total: 1, contained: 1, escaped: 0, automatic: 1, manual: 0, returned: 0, unknown: 0 },
    exposureAtAbort: { median: 5 },
    progressiveFailedExposure: { seconds: 60, atFullSeconds: 1200, keptAway: 0.95 },
    retries: { total: 1, standing: 1 },
  });
  expect(overall.levels.map(({ weight, seconds }) => [weight, seconds.median, seconds.samples])).toEqual([
    [5, 600, 2],
    [25, 600, 1],
    [100, null, 0],
  ]);
  const html = scorecardSection(await new Scorecards({ source, now: () => noon }).of(fleet, period));
  expect(html).toContain('The canaries kept 95\u00a0% away');
  expect(html).toContain('<dt>Aborts</dt><dd>1: 1 automatic; 0 after full traffic</dd>');
});

test('the weight that an abort names wins over that of its steps', async () => {
  const source = sourceOf({ checkout: [aborted(daysAgo(3), { rolledBackFrom: 7.5 })] });
  const { overall } = await new Scorecards({ source, now: () => noon }).of(fleet, period);
  expect(overall.exposureAtAbort.median).toBe(7.5);
});

test('names are escaped, and without rollouts there is no section', async () => {
  const odd = '<img src=x onerror=alert(1)> "quoted" \u202e 🚀'.padEnd(200, 'x');
  const source = sourceOf({ [odd]: [aborted(daysAgo(3))], checkout: [canary(daysAgo(2))] });
  const html = scorecardSection(await new Scorecards({ source, now: () => noon }).of(fleet, period));
  expect(html).not.toContain('<img');
  expect(html).toContain('<bdi>&lt;img src=x onerror=alert(1)&gt; &quot;quoted&quot;');
  const empty = await new Scorecards({ source, now: () => noon }).of({ ...fleet, team: 'none' }, period);
  expect(scorecardSection(empty)).toBe('');
});

test('only what was invalidated is read again, and a failed read is tried again', async () => {
  const source = sourceOf({ checkout: [canary(daysAgo(2))], search: [canary(daysAgo(2))] });
  const scorecards = new Scorecards({ source, now: () => noon });
  const exposed = async () => (await scorecards.of(fleet, period)).overall.exposed;
  expect(await exposed()).toBe(2);
  const [checkout] = source.scored;
  if (checkout) source.scored[0] = { ...checkout, rollouts: [canary(daysAgo(2)), canary(daysAgo(1))] };
  expect(await exposed()).toBe(2);
  scorecards.invalidate(['checkout']);
  source.gate = Promise.reject(new Error('the database is away'));
  await expect(exposed()).rejects.toThrow('the database is away');
  source.gate = Promise.resolve();
  source.reads.length = 0;
  expect(await exposed()).toBe(3);
  expect(source.reads).toEqual([['checkout']]);
});

test('a rollout ahead of its time is counted when its time comes', async () => {
  const source = sourceOf({ checkout: [canary(noon + hourMs)] });
  const scorecards = new Scorecards({ source, now: () => noon });
  const exposedBy = async (to: number) => (await scorecards.of(fleet, { ...period, to })).overall.exposed;
  expect(await exposedBy(noon)).toBe(0);
  expect(await exposedBy(noon + hourMs)).toBe(0);
  expect(await exposedBy(noon + hourMs + 1)).toBe(1);
});

test('the scorecard as JSON answers for the same weeks as the report, and names what is wrong with a query', async () => {
  const source = sourceOf({ checkout: [aborted(daysAgo(3)), canary(daysAgo(40))] }, 'payments');
  const registry = new Registry();
  const now = () => noon;
  const snapshot = new Snapshot({ source, registry, now, onError: () => {} });
  const app = fastify();
  app.register(metricsRoutes, { snapshot, source, registry, readToken: 'secret', timezone: 'UTC', now });
  const get = (query: string) =>
    app.inject({ url: `/api/v1/scorecard${query}`, headers: { authorization: 'Bearer secret' } });
  try {
    const report = (await get('?team=payments&weeks=1')).json();
    expect(report).toMatchObject({
      weeks: 1,
      from: '2026-11-16T00:00:00.000Z',
      to: '2026-11-21T12:00:00.000Z',
    });
    expect(report.overall).toMatchObject({ exposed: 1, aborts: { total: 1 } });
    expect(report.services).toMatchObject([{ service: 'checkout', team: 'payments' }]);
    expect((await get('?weeks=12')).json().overall.exposed).toBe(2);
    const wrong = await get('?weeks=0&format=csv&nonsense=1');
    expect(wrong.statusCode).toBe(400);
    expect(
      wrong
        .json()
        .errors.map(({ field }: { field: string }) => field)
        .sort(),
    ).toEqual(['format', 'nonsense', 'weeks']);
    expect((await app.inject('/api/v1/scorecard')).statusCode).toBe(401);
    source.gate = Promise.reject(new Error('the database is away'));
    snapshot.invalidate(null, null);
    expect((await get('')).statusCode).toBe(503);
  } finally {
    source.gate = Promise.resolve();
    await app.close();
    await snapshot.stop();
  }
});
