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

test('has the addresses of the page and of the metrics, and the place of the database', () => {
  const text = banner({ url, tokenNeeded: false, location: folder });
  expect(text).toContain(`${url}/\n`);
  expect(text).toContain(`${url}/metrics\n`);
  expect(text).toContain(resolve('data'));
});

test('the event of its curl line is valid, and contains nothing that a shell expands', () => {
  const text = banner({ url, tokenNeeded: false, location: folder });
  const data = /curl .* -d '([^']*)'\n/.exec(text)?.[1] ?? '';
  expect(faultsOf(JSON.parse(data))).toEqual([]);
});

test('warns that any sender on this machine may send, without a token', () => {
  expect(banner({ url, tokenNeeded: false, location: folder })).toContain('INGEST_TOKEN sets one');
});

test('uses a token of the environment in its curl line, with tokens', () => {
  const text = banner({ url, tokenNeeded: true, location: folder });
  expect(text).toContain('-H "Authorization: Bearer $FIRSTLIGHT_TOKEN"');
  expect(text).not.toContain('Without a token');
});

test('never prints the password of a database', () => {
  const databaseUrl = 'postgres://user:swordfish@db/firstlight';
  const text = banner({ url, tokenNeeded: false, location: { dataDir: 'data', databaseUrl } });
  expect(text).toContain('DATABASE_URL');
  expect(text).not.toContain('swordfish');
});
