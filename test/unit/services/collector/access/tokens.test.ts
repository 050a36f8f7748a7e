import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  authenticate,
  hashOf,
  ingestToken,
  mayWrite,
  newToken,
  parseTokens,
} from '../../../../../services/collector/access/tokens.ts';

// A spy on the real function, which also counts the calls of modules that import it by name.
const timingSafeEqual = vi.spyOn(crypto, 'timingSafeEqual');
syncBuiltinESMExports();
afterAll(() => {
  timingSafeEqual.mockRestore();
  syncBuiltinESMExports();
});

describe('a new token', () => {
  test('is flt_ and 32 random bytes, and is stored as its SHA-256', () => {
    const { token, hash } = newToken();
    expect(token).toMatch(/^flt_[A-Za-z0-9_-]{43}$/);
    expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(hashOf(token)).toBe(hash);
    expect(newToken().token).not.toBe(token);
  });

  test('hashes like sha256sum does', () => {
    expect(hashOf('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('authentication', () => {
  const made = [newToken(), newToken(), newToken()];
  const tokens = made.map(({ hash }, index) => ({ name: `client ${index}`, hash }));
  beforeEach(() => {
    timingSafeEqual.mockClear();
  });

  test('finds the client of a known token; the case of the scheme does not matter', () => {
    expect(authenticate(`Bearer ${made[1]?.token}`, tokens)).toEqual({ name: 'client 1' });
    expect(authenticate(`bearer  ${made[2]?.token}`, tokens)).toEqual({ name: 'client 2' });
    expect(authenticate('Bearer quick-start', [ingestToken('quick-start')])).toEqual({ name: 'ingest' });
  });

  test('gives the client the services of the token, and not its hash', () => {
    expect(authenticate('Bearer x', [{ name: 'shop', hash: hashOf('x'), services: ['web-*'] }])).toEqual({
      name: 'shop',
      services: ['web-*'],
    });
  });

  test.each([undefined, '', 'Bearer', 'Bearer ', 'Bearer nobody', 'Basic abc', `${made[0]?.token}`])(
    'finds no client for %j',
    header => expect(authenticate(header, tokens)).toBeNull(),
  );

  test('without any token every sender is anonymous and may write any service', () => {
    const client = authenticate(undefined, []);
    expect(client).toEqual({ name: 'anonymous' });
    expect(client && mayWrite(client, 'checkout')).toBe(true);
  });

  test('compares with every token in constant time, wherever the right one is in the list', () => {
    for (const token of [...made.map(one => one.token), 'nobody']) {
      timingSafeEqual.mockClear();
      authenticate(`Bearer ${token}`, tokens);
      expect(timingSafeEqual).toHaveBeenCalledTimes(tokens.length);
    }
  });
});

test.each<[readonly string[] | undefined, string | undefined, boolean]>([
  [undefined, 'checkout', true],
  [undefined, undefined, true],
  [['checkout'], 'checkout', true],
  [['checkout'], 'checkout2', false],
  [['web-*'], 'web-', true],
  [['web-*'], 'web-front', true],
  [['web-*'], 'we', false],
  [['*'], 'anything', true],
  [['*'], undefined, true],
  [['checkout'], undefined, false],
])('a token for %j may write service %j: %j', (services, service, allowed) => {
  expect(mayWrite({ name: 'ci', ...(services && { services }) }, service)).toBe(allowed);
});

describe('the tokens file', () => {
  const hash = hashOf('x');

  test('lists names, hashes and services', () => {
    const tokens = [
      { name: 'ci', hash, services: ['checkout', 'web-*'] },
      { name: 'cd', hash: hashOf('y') },
    ];
    expect(parseTokens(JSON.stringify({ tokens }))).toEqual({ tokens, faults: [] });
  });

  test('is refused with all its faults, which contain no part of a token', () => {
    const { tokens, faults } = parseTokens(
      JSON.stringify({
        tokens: [
          { name: '', hash: 'flt_a-token-itself' },
          { name: 'ci', hash, services: ['*web'], role: 'x' },
          { hash: hash.toUpperCase(), services: [] },
        ],
      }),
    );
    expect(tokens).toEqual([]);
    expect(faults).toHaveLength(7);
    const text = faults.join('\n');
    for (const fault of [
      'tokens[0].name',
      'tokens[0].hash',
      'tokens[1] has an unknown field role',
      'tokens[1].services[0]',
      "tokens[2] must have required property 'name'",
      'tokens[2].hash',
      'tokens[2].services',
    ])
      expect(text).toContain(fault);
    expect(text).not.toContain('flt_');
  });

  test.each([
    ['nonsense', 'is not valid JSON'],
    ['[]', 'must be object'],
    ['{"tokens":[]}', 'must NOT have fewer than 1 items'],
  ])('%s is refused', (text, fault) => {
    expect(parseTokens(text).faults.join()).toContain(fault);
  });

  test('a name or a hash may be used once', () => {
    const text = JSON.stringify({
      tokens: [
        { name: 'ci', hash },
        { name: 'ci', hash },
      ],
    });
    expect(parseTokens(text).faults).toEqual([
      'tokens[1].name repeats tokens[0].name',
      'tokens[1].hash repeats tokens[0].hash',
    ]);
  });
});
