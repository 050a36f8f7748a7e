import { join } from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { startServer } from '../support/databases/server.ts';
import { createDatabase } from '../support/databases/test-store.ts';
import { expectShown, shown, storedIds } from '../support/histories/shown.ts';
import { freePort } from '../support/product/process.ts';
import { type Product, startProduct, temporaryFolder } from '../support/product/standalone.ts';
import { Senders } from '../support/senders/senders.ts';

const rounds = 3;
const conflicts = 'firstlight_findings{reason="conflicting_repeat"}';

async function folderPlace() {
  const folder = temporaryFolder();
  onTestFinished(() => folder[Symbol.dispose]());
  const dataDir = join(folder.path, 'data');
  return { options: { dataDir }, place: { dataDir } };
}

async function serverPlace() {
  const { url, drop } = await createDatabase(inject('servers').postgres18);
  onTestFinished(drop);
  return { options: { env: { DATABASE_URL: url } }, place: { databaseUrl: url } };
}

describe.each([
  ['a folder', folderPlace],
  ['PostgreSQL', serverPlace],
])('the product on %s', (_, makePlace) => {
  test('stores every accepted event exactly once, even if it is killed repeatedly', {
    timeout: 180_000,
  }, async () => {
    const { options, place } = await makePlace();
    const senders = new Senders();
    for (let round = 0; round < rounds; round++) {
      await using product = await startProduct(options);
      // Before any retry, every accepted event is stored.
      expect(await exposedIn(product)).toBeGreaterThanOrEqual(exposuresOf(senders.accepted));
      expect(await exposedIn(product)).toBeLessThanOrEqual(exposuresOf(senders.sent));
      await senders.send(product, 400, () => product.crash());
    }
    // Some requests were cut off.
    expect(senders.unanswered.length).toBeGreaterThan(0);

    await using product = await startProduct(options);
    // Like a sender, retry the events without an answer; some of them may be stored.
    expect((await product.post(senders.unanswered)).status).toBe(202);
    await expectShown(product, senders.sent);
    expect(await shown(product, conflicts)).toBe(0);
    await product.stop();
    const ids = await storedIds(place);
    expect(ids.toSorted()).toEqual(senders.sent.map(({ id }) => id).toSorted());
  });
});

test('while PostgreSQL is unavailable, events are refused with 503 and scrapes continue; then it recovers', {
  timeout: 120_000,
}, async () => {
  const server = await startServer('postgres18');
  onTestFinished(() => server.stop());
  const port = String(await freePort());
  await using product = await startProduct({ env: { DATABASE_URL: server.url, PORT: port } });
  const senders = new Senders();
  const before = senders.next(60);
  const meanwhile = senders.next(60);
  expect((await product.post(before)).status).toBe(202);
  await expectShown(product, before);

  await server.crash();
  for (let attempt = 0; attempt < 3; attempt++) {
    const refused = await product.post(meanwhile);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    await expectShown(product, before);
  }

  await server.restart();
  await expect.poll(async () => (await product.post(meanwhile)).status, { timeout: 30_000 }).toBe(202);
  await expectShown(product, [...before, ...meanwhile], 30_000);
  expect((await storedIds({ databaseUrl: server.url })).length).toBe(120);
});

/** The number of rollouts that these events expose. */
const exposuresOf = (events: readonly { readonly type: string; readonly change?: string }[]) =>
  new Set(events.filter(({ type }) => type === 'change_exposed').map(({ change }) => change)).size;

/** The number of exposed rollouts that the product shows, since its first event. */
async function exposedIn(product: Product): Promise<number> {
  return (await shown(product, 'dora_fleet_rollouts_total{environment="production",outcome="exposed"}')) ?? 0;
}
