import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { faultsOf } from '../../../../domain/events/validate.ts';
import { urlOf } from '../../../../platform/http/address.ts';
import { banner } from '../../../../services/standalone/banner.ts';

const url = 'http://127.0.0.1:8080';
const folder = { dataDir: 'data', databaseUrl: undefined };

test.each([
  ['127.0.0.1', 'http://127.0.0.1:8080'],
  ['0.0.0.0', 'http://localhost:8080'],
  ['::', 'http://localhost:8080'],
  ['::1', 'http://[::1]:8080'],
  ['metrics.example.com', 'http://metrics.example.com:8080'],
])('a server that listens on %s is reached at %s', (host, expected) => {
  expect(urlOf(host, 8080)).toBe(expected);
});

test('says where the page, the scrape and the record are', () => {
  const said = banner({ url, tokenNeeded: false, location: folder });
  expect(said).toContain(`${url}/\n`);
  expect(said).toContain(`${url}/metrics\n`);
  expect(said).toContain(resolve('data'));
});

test('the event of its curl line is a valid one, and leaves the shell nothing to expand', () => {
  const said = banner({ url, tokenNeeded: false, location: folder });
  const data = /curl .* -d '([^']*)'\n/.exec(said)?.[1] ?? '';
  expect(faultsOf(JSON.parse(data))).toEqual([]);
});

test('without a token it says that anyone on this machine may send', () => {
  expect(banner({ url, tokenNeeded: false, location: folder })).toContain('INGEST_TOKEN sets one');
});

test('with tokens its curl line takes one from the environment', () => {
  const said = banner({ url, tokenNeeded: true, location: folder });
  expect(said).toContain('-H "Authorization: Bearer $FIRSTLIGHT_TOKEN"');
  expect(said).not.toContain('Without a token');
});

test('never prints the password of a database', () => {
  const databaseUrl = 'postgres://user:swordfish@db/firstlight';
  const said = banner({ url, tokenNeeded: false, location: { dataDir: 'data', databaseUrl } });
  expect(said).toContain('DATABASE_URL');
  expect(said).not.toContain('swordfish');
});
