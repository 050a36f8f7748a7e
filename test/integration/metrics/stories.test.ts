import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SentEvent } from '../../../domain/events/event.ts';
import { identify } from '../../../domain/events/identity.ts';
import type { ChangeStory } from '../../../services/metrics/receipts/story.ts';
import type { Database } from '../../../store/schema/tables.ts';
import { engines, openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { now } from '../../support/histories/histories.ts';
import { serveStore, wholeReceipt } from '../../support/histories/receipts.ts';
import { storeBatch } from '../../support/histories/store.ts';
import { eventsIn } from '../../support/scenarios/scenario.ts';

const history = eventsIn(`
  05-18 08:00  change_created      change=acme/shop#1
  05-18 08:30  flag_changed        flag=before
  05-18 09:00  change_merged       change=acme/shop#1 artifact=sha1 team=red
  05-18 09:10  change_exposed      rollout=r0 change=c0
  05-18 09:20  change_merged       change=c2
  05-18 10:00  change_exposed      rollout=r1 artifact=sha1 weight=5
  05-18 10:05  flag_changed        flag=of-search service=search
  05-18 10:10  flag_changed        flag=meanwhile variant=on
  05-18 10:30  change_exposed      rollout=r1 artifact=sha1 weight=50
  05-18 10:40  incident_detected   incident=i1
  05-18 10:50  change_rolled_back  rollout=r1 cause=automatic
  05-18 11:00  incident_resolved   incident=i1
  05-18 11:30  flag_changed        flag=after-rollback
  05-18 12:00  change_merged       change=c3
  05-18 12:30  change_exposed      rollout=r2 change=acme/shop#1
  05-18 12:40  change_exposed      rollout=drilled change=c3 drill=true
  05-18 13:00  flag_changed        flag=after
  05-18 13:30  change_exposed      rollout=r3 change=c3
  05-18 14:00  change_exposed      rollout=r4 change=acme/shop#1
  05-18 15:00  incident_detected   incident=i2 change=acme/shop#1
  05-18 16:00  change_rolled_back  rollout=nobody-saw
  05-18 17:00  incident_resolved   incident=i9
`);

describe.each(engines)('on %s', engine => {
  let store: TestDatabase<Database>;
  let server: { readonly app: FastifyInstance; close(): Promise<void> };
  beforeAll(async () => {
    store = await openTestStore(engine);
    await storeBatch(store.db, history);
    server = await serveStore(store.db);
  });
  afterAll(async () => {
    await server.close();
    await store.close();
  });
  const story = async (service: string, change: string): Promise<ChangeStory> => {
    const path = `${encodeURIComponent(service)}/${encodeURIComponent(change)}`;
    const answer = await server.app.inject(`/api/v1/changes/${path}`);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json();
  };

  test('the story of a change has its steps, its rollback, its incidents and the flags meanwhile', async () => {
    const found = await story('checkout', 'acme/shop#1');
    expect(found).toMatchObject({
      created: '2026-05-18T08:00:00.000Z',
      merged: '2026-05-18T09:00:00.000Z',
      artifacts: ['sha1'],
    });
    expect(found.rollouts.map(({ name, by, first }) => [name, by, first])).toEqual([
      ['r1', 'name', true],
      ['r2', 'name', false],
      ['r4', 'name', false],
    ]);
    expect(found.rollouts[0]).toMatchObject({
      leadTimeSeconds: 3600,
      containment: 'contained',
      rolledBack: '2026-05-18T10:50:00.000Z',
      steps: [
        { at: '2026-05-18T10:00:00.000Z', weight: 5 },
        { at: '2026-05-18T10:30:00.000Z', weight: 50 },
      ],
      incidents: [{ name: 'i1', open: false, blamed: [{ rollout: 'r1', inferred: true }] }],
    });
    expect(found.rollouts[2]).toMatchObject({ return: true, containment: null });
    expect(found.flags.map(event => event.type === 'flag_changed' && event.flag)).toEqual([
      'after',
      'after-rollback',
      'meanwhile',
      'before',
    ]);
    const types = found.events.map(event => event.type);
    expect(types).toContain('change_created');
    expect(types).toContain('change_rolled_back');
    expect(types).toContain('incident_detected');
  });

  test('a change that no rollout names is carried because of its merge', async () => {
    const { rollouts } = await story('checkout', 'c2');
    expect(rollouts).toMatchObject([{ name: 'r3', by: 'merge', first: true, leadTimeSeconds: 15_000 }]);
  });

  test('an artifact has a story too, and says which change became it', async () => {
    const { rollouts, standsFor } = await story('checkout', 'sha1');
    expect(rollouts).toMatchObject([{ name: 'r1' }]);
    expect(standsFor).toEqual(['acme/shop#1']);
  });

  test('what is left out comes with its reason', async () => {
    const left = async (metric: string, more: Record<string, string> = {}) => {
      const { leftOut } = await wholeReceipt(server.app, {
        metric,
        service: 'checkout',
        limit: '1',
        ...more,
      });
      return leftOut.map(item => [
        item.reason,
        'rollout' in item
          ? item.rollout.name
          : 'change' in item
            ? item.change.name
            : 'incident' in item
              ? item.incident.name
              : 'outage',
      ]);
    };
    expect(await left('exposed_changes')).toEqual([
      ['return_exposed', 'r4'],
      ['drill_exposed', 'drilled'],
    ]);
    expect(await left('lead_time_seconds')).toEqual([['merge_unknown', 'c0']]);
    expect(await left('time_to_restore_seconds')).toEqual([
      ['resolution_undetected', 'i9'],
      ['open', 'i2'],
    ]);
    expect(await left('rolled_back_changes')).toEqual([['rollback_unexposed', 'nobody-saw']]);
    expect(await left('stage_seconds', { stage: 'exposed_to_full' })).toEqual(
      expect.arrayContaining([['never_full', 'acme/shop#1']]),
    );
    expect(await left('recovery_time_seconds')).toEqual(expect.arrayContaining([['blamed', 'r1']]));
  });

  test('names of any kind find their story', async () => {
    const names = ['a/b', '100%', '%2F', 'x#y?z', '<b>"\'&', '😀 übung', 'שלום', 'a+b', 'n'.repeat(200)];
    const events = names.map(
      (name, n): SentEvent => ({
        type: 'change_merged',
        service: `svc ${name}`.slice(0, 200),
        change: name,
        time: '2026-05-18T09:00:00Z',
        id: `hostile${n}`,
        source: 'test',
      }),
    );
    await storeBatch(
      store.db,
      events.map(event => identify(event, 'test', now)),
    );
    for (const name of names) {
      const service = `svc ${name}`.slice(0, 200);
      expect(await story(service, name)).toMatchObject({ service, change: name });
      const page = await server.app.inject(
        `/changes/${encodeURIComponent(service)}/${encodeURIComponent(name)}`,
      );
      expect(page.statusCode).toBe(200);
      expect(page.body).not.toContain('<b>"');
    }
  });

  test('what is not known is answered with a reason', async () => {
    const get = (path: string) => server.app.inject(path);
    expect((await get('/api/v1/changes/checkout/nothing')).statusCode).toBe(404);
    expect((await get('/api/v1/changes/nobody/c1')).headers['content-type']).toBe('application/problem+json');
    expect((await get('/changes/checkout')).statusCode).toBe(404);
    const unknown = await get('/api/v1/receipts?metric=velocity');
    expect(unknown.statusCode).toBe(400);
    expect(unknown.json().errors[0].detail).toContain('change_failure_ratio');
    const wrong = await get(
      '/api/v1/receipts?metric=lead_time_seconds&quantile=0.7&week=2026-W54&limit=0&cursor=x&sort=up&weeks=3',
    );
    expect(wrong.json().errors.map(({ field }: { field: string }) => field)).toEqual(
      expect.arrayContaining(['quantile', 'week', 'limit', 'cursor', 'sort', 'weeks']),
    );
    expect((await get('/api/v1/receipts?metric=stage_seconds')).json().errors[0].field).toBe('stage');
    expect((await get('/api/v1/receipts?metric=exposed_changes&service=nobody')).statusCode).toBe(404);
    expect((await get('/receipts?metric=velocity')).statusCode).toBe(400);
  });

  test('the page of a receipt shows its value, leads to its changes, and runs and loads nothing', async () => {
    const answer = await server.app.inject(
      '/receipts?metric=dora_change_failure_ratio&service=checkout&week=2026-W21&limit=1',
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.body).toContain('/changes/checkout/');
    expect(answer.body).toContain('rel="next"');
    expect(answer.body).not.toContain('<script');
  });
});
