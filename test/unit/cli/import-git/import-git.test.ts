import { describe, expect, test } from 'vitest';
import { Batcher } from '../../../../cli/import-git/batches.ts';
import { titleOf } from '../../../../cli/import-git/events.ts';
import { nameOfUrl } from '../../../../cli/import-git/repository.ts';
import { revertedIn } from '../../../../cli/import-git/reverts.ts';
import { parseTagPattern, semanticVersions } from '../../../../cli/import-git/tags.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';

describe('release tags', () => {
  test.each(['1.2.3', 'v1.2.3', 'v0.0.0', 'v1.2.3+build.7'])('%s is a release by default', tag => {
    expect(semanticVersions.rejection(tag)).toBeNull();
  });

  test.each([
    ['v1.2.3-rc.1', 'pre-releases'],
    ['1.0.0-alpha+build', 'pre-releases'],
    ['v1.2', 'tags that are no semantic version'],
    ['v01.2.3', 'tags that are no semantic version'],
    ['api@1.2.3', 'tags that are no semantic version'],
    ['1.2.3\n', 'tags that are no semantic version'],
  ])('%j is none', (tag, reason) => {
    expect(semanticVersions.rejection(tag)).toBe(reason);
  });

  test('may be chosen by a glob, of the whole name', () => {
    const { rejection } = parseTagPattern('api/v1.?.*');
    expect(rejection('api/v1.2.3/x')).toBeNull();
    expect(rejection('api/v1x2.3')).toBe('tags that do not match api/v1.?.*');
    expect(rejection('old-api/v1.2.3')).not.toBeNull();
  });

  test('may be chosen by a regular expression, of any part of the name', () => {
    const { rejection } = parseTagPattern('/^REL-\\d+$/gi');
    expect(rejection('rel-7')).toBeNull();
    expect(rejection('rel-8')).toBeNull();
    expect(rejection('rel-x')).not.toBeNull();
    expect(() => parseTagPattern('/(/')).toThrow('Invalid regular expression');
  });
});

describe('commit messages', () => {
  const a = 'a1'.repeat(20);
  const b = 'b2'.repeat(20);

  test.each([
    [`Revert "x"\n\nThis reverts commit ${a}.`, [a]],
    [`This reverts commit ${a}, reversing\nchanges made to ${b}.`, [a]],
    [`This reverts commits ${a}, ${b.slice(0, 7)} and ${a.slice(0, 9)}.`, [a, b.slice(0, 7), a.slice(0, 9)]],
    [`This reverts commit ${a}.\nThis reverts commit ${b}.\nThis reverts commit ${a}.`, [a, b]],
    [`this reverts commit\n${a.toUpperCase()}`, [a]],
    ['This reverts commit abc123.', []],
    ['This reverts commit of yesterday', []],
    [`Fixes ${a}`, []],
  ])('%j reverts %j', (message, reverted) => {
    expect(revertedIn(message)).toEqual(reverted);
  });

  test('give titles without control characters, of at most 200 characters', () => {
    expect(titleOf(' a\u0000b\t\u001bc ')).toBe('a b c');
    expect(titleOf('🚀'.repeat(300))).toBe('🚀'.repeat(200));
  });
});

test.each([
  ['git@example.com:shop/checkout.git', 'checkout'],
  ['https://example.com/shop/checkout/', 'checkout'],
  ['/srv/git/checkout.git', 'checkout'],
  ['host:checkout', 'checkout'],
])('the origin %s is called %s', (url, name) => {
  expect(nameOfUrl(url)).toBe(name);
});

describe('batches', () => {
  const event = (id: string): SentEvent => ({ type: 'flag_changed', flag: 'f', id });

  test('hold as many events as they may, one per line', () => {
    const batcher = new Batcher({ events: 2, characters: 10_000 });
    expect(batcher.add(event('1'))).toBeNull();
    expect(batcher.add(event('2'))).toBeNull();
    const batch = batcher.add(event('3'));
    expect(batch?.events).toEqual([event('1'), event('2')]);
    expect(batch?.body).toBe(`${JSON.stringify(event('1'))}\n${JSON.stringify(event('2'))}\n`);
    expect(batcher.take()?.events).toEqual([event('3')]);
    expect(batcher.take()).toBeNull();
  });

  test('hold no more characters than they may, unless one event alone is longer', () => {
    const batcher = new Batcher({ events: 100, characters: 60 });
    expect(batcher.add(event('x'.repeat(100)))).toBeNull();
    expect(batcher.add(event('2'))?.events).toHaveLength(1);
  });
});
