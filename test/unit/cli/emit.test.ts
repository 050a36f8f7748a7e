import { describe, expect, test } from 'vitest';
import { backoffMs, parseRetryAfter } from '../../../cli/client/retry.ts';
import { endpoint } from '../../../cli/client/server.ts';
import { fieldOptions } from '../../../cli/emit/event-options.ts';
import { eventTypes } from '../../../domain/events/event.ts';

describe('the options of an event', () => {
  test.each(eventTypes)('%s has one for each of its fields, described by the schema', type => {
    const options = fieldOptions(type);
    expect(options.map(({ field }) => field)).toContain('service');
    for (const { field, option } of options) {
      expect(option.long).toBe(field === 'url' ? '--event-url' : `--${field}`);
      expect(option.description).not.toBe('');
    }
  });

  test('that are arrays, flags and numbers are told apart', () => {
    const flags = Object.fromEntries(
      fieldOptions('change_exposed').map(({ field, option }) => [field, option.flags]),
    );
    expect(flags).toMatchObject({
      drill: '--drill',
      weight: '--weight <number>',
      changes: '--changes <text>',
    });
  });
});

describe('a server that does not answer', () => {
  test('is tried again after pauses that double, up to a limit, and that chance shortens by half at most', () => {
    expect([1, 2, 3, 4].map(tries => backoffMs(tries, 1))).toEqual([250, 500, 1000, 2000]);
    expect(backoffMs(1, 0)).toBe(125);
    expect(backoffMs(50, 1)).toBe(10_000);
  });

  test('may say how long to wait, in seconds or until a date', () => {
    const now = Date.UTC(2026, 4, 4);
    expect(parseRetryAfter('7', now)).toBe(7000);
    expect(parseRetryAfter('Mon, 04 May 2026 00:00:05 GMT', now)).toBe(5000);
    expect(parseRetryAfter('Mon, 04 May 2020 00:00:05 GMT', now)).toBe(0);
    expect(parseRetryAfter('soon', now)).toBeUndefined();
    expect(parseRetryAfter(null, now)).toBeUndefined();
  });
});

test.each([
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/v1/events'],
  ['https://example.com/firstlight', 'https://example.com/firstlight/v1/events'],
  ['https://example.com/firstlight/', 'https://example.com/firstlight/v1/events'],
])('the path of %s is kept', (url, target) => {
  expect(endpoint(new URL(url), 'v1/events').href).toBe(target);
});
