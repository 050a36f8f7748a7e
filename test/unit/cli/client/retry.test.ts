import { describe, expect, test } from 'vitest';
import {
  backoffMs,
  lostConnection,
  parseRetryAfter,
  temporaryFailureOf,
} from '../../../../cli/client/retry.ts';

describe('a server that does not answer', () => {
  test('is tried again after pauses that double, up to a limit, and that are shortened randomly by half at most', () => {
    expect([1, 2, 3, 4].map(tries => backoffMs(tries, 1))).toEqual([250, 500, 1000, 2000]);
    expect(backoffMs(1, 0)).toBe(125);
    expect(backoffMs(50, 1)).toBe(10_000);
  });

  test('may ask for a wait, in seconds or until a date', () => {
    const now = Date.UTC(2026, 4, 4);
    expect(parseRetryAfter('7', now)).toBe(7000);
    expect(parseRetryAfter('Mon, 04 May 2026 00:00:05 GMT', now)).toBe(5000);
    expect(parseRetryAfter('Mon, 04 May 2020 00:00:05 GMT', now)).toBe(0);
    expect(parseRetryAfter('soon', now)).toBeUndefined();
    expect(parseRetryAfter(null, now)).toBeUndefined();
  });

  test.each([408, 429, 500, 503])('is tried again after an answer with status %i', status => {
    const headers = { 'retry-after': '3' };
    expect(temporaryFailureOf(new Response(null, { status, headers }))).toEqual({
      trouble: `the server answered ${status}`,
      retryAfterMs: 3000,
    });
  });

  test.each([200, 202, 302, 400, 401, 404, 413])('is not tried again after status %i', status => {
    expect(temporaryFailureOf(new Response(null, { status }))).toBeNull();
  });

  test('is described by a timeout, or by the cause of the lost connection', () => {
    expect(lostConnection(new DOMException('', 'TimeoutError'), 30_000)).toBe('no answer within 30 s');
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(lostConnection(new TypeError('fetch failed', { cause: refused }), 1)).toBe(
      'the connection failed (ECONNREFUSED)',
    );
    const closed = new TypeError('fetch failed', { cause: new Error('other side closed') });
    expect(lostConnection(closed, 1)).toBe('the connection failed (other side closed)');
  });
});
