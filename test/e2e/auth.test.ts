import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Product,
  runShellLine,
  startExpectingFailure,
  startProduct,
  temporaryFolder,
} from '../support/product/standalone.ts';

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const event = (service: string) => ({ type: 'change_exposed', service, change: '3f2a91c' });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const basic = (password: string) => ({
  authorization: `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}`,
});

describe('with tokens', () => {
  const ingestToken = 'ingest-3b1f0c';
  const readToken = 'read-77e2a9';
  const wrongToken = 'wrong-90ab12';
  let made: { token: string; entry: { hash: string } };
  let product: Product;

  beforeAll(async () => {
    const created = await runShellLine('npx firstlight token create ci --service checkout --json');
    made = JSON.parse(created.stdout);
    const tokensFile = join(folder.path, 'tokens.json');
    writeFileSync(tokensFile, JSON.stringify({ tokens: [made.entry] }));
    product = await startProduct({
      dataDir: join(folder.path, 'data'),
      env: {
        HOST: '0.0.0.0',
        TOKENS_FILE: tokensFile,
        INGEST_TOKEN: ingestToken,
        READ_TOKEN: readToken,
        LOG_LEVEL: 'trace',
      },
    });
  });
  afterAll(() => product.stop());

  test('events are accepted with known tokens only, on every path', async () => {
    const without = await product.post(event('checkout'));
    expect(without.status).toBe(401);
    expect(without.headers.get('www-authenticate')).toBe('Bearer');
    expect((await product.post(event('checkout'), bearer(wrongToken))).status).toBe(401);
    expect((await product.post(event('checkout'), bearer(readToken))).status).toBe(401);
    expect((await product.post(event('checkout'), bearer(ingestToken))).status).toBe(202);
  });

  test('a token of the command line may write only the services of its entry', async () => {
    expect((await product.post(event('checkout'), bearer(made.token))).status).toBe(202);
    const other = await product.post(event('search'), bearer(made.token));
    expect(other.status).toBe(403);
    expect(JSON.parse(other.text).errors).toEqual([expect.objectContaining({ item: 0, field: 'service' })]);
    expect((await product.post(event('search'), bearer(ingestToken))).status).toBe(202);
  });

  test.each(['/', '/metrics', '/api/v1/weekly'])('%s requires READ_TOKEN', async path => {
    for (const headers of [{}, bearer(wrongToken), bearer(ingestToken), basic(wrongToken)]) {
      const refused = await product.get(path, headers);
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toContain('Basic');
      expect(refused.text).not.toContain('checkout');
    }
    expect((await product.get(path, bearer(readToken))).status).toBe(200);
    expect((await product.get(path, basic(readToken))).status).toBe(200);
  });

  test('the health paths require no token', async () => {
    expect((await product.get('/livez')).status).toBe(200);
    expect((await product.get('/readyz')).status).toBe(200);
  });

  test('the curl line of the terminal works with the token in FIRSTLIGHT_TOKEN', async () => {
    const curl = /^ *(curl .*)$/m.exec(product.output())?.[1] ?? '';
    const { stdout } = await runShellLine(`${curl} -sS`, { FIRSTLIGHT_TOKEN: ingestToken });
    expect(stdout).toBe('{"accepted":1}');
  });

  test('no secret is printed', async () => {
    await product.stop();
    const said = product.output();
    for (const secret of [ingestToken, readToken, wrongToken, made.token, made.entry.hash])
      expect(said).not.toContain(secret);
  });
});

test('off loopback without a token it refuses to start, with an explanation', async () => {
  const { exit, output } = await startExpectingFailure({
    dataDir: join(folder.path, 'unused'),
    env: { HOST: '0.0.0.0' },
  });
  expect(exit.code).toBe(1);
  expect(output).toContain('HOST=0.0.0.0 can be reached from other machines and no token is set');
  expect(output).toContain('Set INGEST_TOKEN or TOKENS_FILE, or HOST=127.0.0.1.');
});

test('all wrong settings are listed at once, without their values', async () => {
  const wrong = {
    PORT: 'http',
    DATABASE_URL: 'mysql://user:swordfish@db/firstlight',
    BLAME_WINDOW_MINUTES: '-1',
    LOG_LEVEL: 'loud',
    INGEST_TOKEN: 'open sesame',
    TOKENS_FILE: join(folder.path, 'not-there.json'),
    BATCH_EVENTS_MAX: '0',
    READ_TOKEN: 'with space',
    WEEK_TIMEZONE: 'Mars/Olympus',
  };
  const { exit, output } = await startExpectingFailure({ dataDir: join(folder.path, 'unused'), env: wrong });
  expect(exit.code).toBe(1);
  const listed = [...output.matchAll(/^ {2}([A-Z_]+) /gm)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual(Object.keys(wrong).toSorted());
  for (const value of ['swordfish', 'open sesame', 'with space', 'Mars']) expect(output).not.toContain(value);
});
