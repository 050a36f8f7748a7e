import { describe, expect, test } from 'vitest';
import { carriesToken, readAccess, tokenIn } from '../../../../platform/http/access.ts';
import { ConfigError } from '../../../../platform/process/config.ts';

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

describe('an Authorization header', () => {
  test.each([
    ['Bearer s3cret', 's3cret'],
    ['bearer  s3cret ', 's3cret'],
    [basic('anyone:s3cret'), 's3cret'],
    [basic(':s3cret'), 's3cret'],
    [basic('user:with:colons'), 'with:colons'],
    [basic('without-colon'), null],
    ['Digest s3cret', null],
    ['s3cret', null],
    ['', null],
  ])('%j carries the token %j', (header, token) => {
    expect(tokenIn(header)).toBe(token);
  });

  test('must carry the right token', () => {
    expect(carriesToken('Bearer s3cret', 's3cret')).toBe(true);
    expect(carriesToken(basic('anyone:s3cret'), 's3cret')).toBe(true);
    expect(carriesToken('Bearer s3cre', 's3cret')).toBe(false);
    expect(carriesToken(undefined, 's3cret')).toBe(false);
    expect(carriesToken('Bearer ', '')).toBe(true);
    expect(carriesToken(undefined, '')).toBe(false);
  });
});

test('READ_TOKEN must be usable in a header', () => {
  expect(readAccess({})).toBeUndefined();
  expect(readAccess({ READ_TOKEN: 's3cret!~' })).toBe('s3cret!~');
  for (const token of ['two words', 'ünicode', 'line\nfeed'])
    expect(() => readAccess({ READ_TOKEN: token })).toThrow(ConfigError);
});
