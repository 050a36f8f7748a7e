import { describe, expect, test } from 'vitest';
import { parseTagPattern, semanticVersions } from '../../../../cli/import-git/tags.ts';

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
  ])('%j is not a release', (tag, reason) => {
    expect(semanticVersions.rejection(tag)).toBe(reason);
  });

  test('may be chosen by a glob, which matches the whole name', () => {
    const { rejection } = parseTagPattern('api/v1.?.*');
    expect(rejection('api/v1.2.3/x')).toBeNull();
    expect(rejection('api/v1x2.3')).toBe('tags that do not match api/v1.?.*');
    expect(rejection('old-api/v1.2.3')).not.toBeNull();
  });

  test('may be chosen by a regular expression, which matches any part of the name', () => {
    const { rejection } = parseTagPattern('/^REL-\\d+$/gi');
    expect(rejection('rel-7')).toBeNull();
    expect(rejection('rel-8')).toBeNull();
    expect(rejection('rel-x')).not.toBeNull();
    expect(() => parseTagPattern('/(/')).toThrow('Invalid regular expression');
  });
});
