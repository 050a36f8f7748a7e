import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SentEvent } from '../../../../domain/events/event.ts';
import { digestOf, identify } from '../../../../domain/events/identity.ts';

const sent: SentEvent = { type: 'change_merged', service: 'checkout', change: '3f2a91c' };
const receivedAt = Date.parse('2026-05-04T09:30:00Z');

describe('the digest', () => {
  test('is SHA-256 over the RFC 8785 canonical JSON, for any event', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    const event = fc.record(
      {
        type: fc.constant('change_exposed' as const),
        service: text,
        change: text,
        changes: fc.array(text, { minLength: 1 }),
        weight: fc.double({ min: 0, max: 100, noNaN: true }),
        drill: fc.boolean(),
        title: text,
        id: text,
        url: text,
      },
      { requiredKeys: ['type', 'service', 'change'] },
    );
    fc.assert(
      fc.property(event, generated => {
        const canonical = canonicalize(generated) ?? '';
        expect(digestOf(generated)).toBe(createHash('sha256').update(canonical).digest('hex'));
      }),
    );
  });

  test('does not depend on the order and the spacing of the fields', () => {
    const other = JSON.parse(
      '{ "change": "3f2a91c",\n "service": "checkout", "type": "change_merged" }',
    ) as SentEvent;
    expect(digestOf(other)).toBe(digestOf(sent));
  });

  test('differs with every field, also with a field that has its default value', () => {
    const digests = [
      sent,
      { ...sent, change: 'other' },
      { ...sent, id: '1' },
      { ...sent, time: '2026-05-04T09:30:00Z' },
      { ...sent, time: '2026-05-04T09:30:00.000Z' },
      { ...sent, rework: false },
    ].map(digestOf);
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe('an identified event', () => {
  test('takes missing id, source and time from the digest, the client and the time of receipt', () => {
    expect(identify(sent, 'ci', receivedAt)).toEqual({
      digest: digestOf(sent),
      event: { ...sent, id: digestOf(sent), source: 'ci', time: '2026-05-04T09:30:00.000Z' },
    });
  });

  test('keeps the sender’s id, source and time, the time in UTC and whole milliseconds', () => {
    const named: SentEvent = {
      ...sent,
      id: '7',
      source: 'jenkins',
      time: '2026-05-04T11:00:00.123456+02:00',
    };
    expect(identify(named, 'ci', receivedAt)).toEqual({
      digest: digestOf(named),
      event: { ...named, time: '2026-05-04T09:00:00.123Z' },
    });
  });

  test('is the same for an identical retry later, except for the time of receipt', () => {
    const first = identify(sent, 'ci', receivedAt);
    const retry = identify(sent, 'ci', receivedAt + 60_000);
    expect([retry.event.id, retry.event.source, retry.digest]).toEqual([
      first.event.id,
      first.event.source,
      first.digest,
    ]);
  });

  test('does not change the sent event', () => {
    const frozen = Object.freeze({ ...sent });
    expect(identify(frozen, 'ci', receivedAt).event).not.toBe(frozen);
  });

  test('cannot be made of an event whose time was not checked', () => {
    expect(() => identify({ ...sent, time: 'yesterday' }, 'ci', receivedAt)).toThrow('yesterday');
  });
});
