import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identify } from '../../../../domain/events/identity.ts';
import { messageOf, readMessage } from '../../../../domain/events/message.ts';
import { histories } from '../../../support/histories/histories.ts';
import { runs } from '../../../support/run/properties.ts';

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const headerOf = (headers: Readonly<Record<string, string>>) => (name: string) => headers[name];
const none = headerOf({});
const sent = { type: 'change_exposed', service: 'checkout', change: 'c1', weight: 5 } as const;
const receivedAt = Date.parse('2026-05-04T09:30:00Z');

test('a consumer reads the event that a collector wrote', () => {
  fc.assert(
    fc.property(histories, history => {
      for (const recorded of history) {
        const { value, headers } = messageOf(recorded);
        expect(readMessage(bytes(value), headerOf(headers), receivedAt + 1)).toEqual(recorded);
      }
    }),
    { numRuns: runs(30) },
  );
});

test('a message is CloudEvents in binary mode, whose value is the whole event', () => {
  const recorded = identify(sent, 'ci', receivedAt);
  const message = messageOf(recorded);
  expect(message.key).toBe('checkout');
  expect(JSON.parse(message.value)).toEqual({
    ...sent,
    id: recorded.digest,
    source: 'ci',
    time: '2026-05-04T09:30:00.000Z',
  });
  expect(message.headers).toEqual({
    ce_specversion: '1.0',
    ce_id: recorded.digest,
    ce_source: 'ci',
    ce_type: 'change_exposed',
    ce_time: '2026-05-04T09:30:00.000Z',
    ce_digest: recorded.digest,
    'content-type': 'application/json',
  });
});

test('an event without a service has no key', () => {
  const recorded = identify({ type: 'flag_changed', flag: 'new-basket' }, 'ci', receivedAt);
  expect(messageOf(recorded).key).toBeNull();
});

describe('a message of another producer', () => {
  test('gets a missing identity and a missing time', () => {
    const { event } = identify(sent, 'anonymous', receivedAt);
    expect(readMessage(bytes(sent), none, receivedAt)).toMatchObject({ event });
  });

  test('may have its CloudEvents attributes in the headers alone', () => {
    const { type, ...rest } = sent;
    const headers = { ce_type: type, ce_id: 'e1', ce_source: 'ci', ce_time: '2026-05-04T08:00:00Z' };
    expect(readMessage(bytes(rest), headerOf(headers), receivedAt)).toMatchObject({
      event: { ...sent, id: 'e1', source: 'ci', time: '2026-05-04T08:00:00.000Z' },
    });
  });

  test('is read by its value if a header differs', () => {
    const value = { ...sent, id: 'e1', source: 'ci', time: '2026-05-04T08:00:00.000Z' };
    const headers = { ce_id: 'other', ce_source: 'other', ce_type: 'flag_changed', ce_digest: 'not hex' };
    expect(readMessage(bytes(value), headerOf(headers), receivedAt)).toEqual(identify(value, '', 0));
  });

  test('may have a time in the future', () => {
    const value = { ...sent, time: '2099-01-01T00:00:00.000Z' };
    expect(readMessage(bytes(value), none, receivedAt)).toMatchObject({ event: { time: value.time } });
  });
});

test.each([
  ['no value', null, 'not_json', 'the message has no value'],
  ['no JSON', bytes('{"type":'), 'not_json', /JSON/],
  ['wrong UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'not_json', /encoded/],
  ['no object', bytes('[1]'), 'not_an_event', /must be a JSON object|type must be one of/],
  ['an invalid type', bytes({ type: 'deployed', service: 'a' }), 'not_an_event', /^type must be one of/],
  ['an unknown field', bytes({ ...sent, wieght: 5 }), 'not_an_event', /^wieght is not a field/],
  ['a time before 2000', bytes({ ...sent, time: '1999-01-01T00:00:00Z' }), 'not_an_event', /before the year/],
])('%s is not readable', (_, value, reason, detail) => {
  expect(readMessage(value, none, receivedAt)).toEqual({
    reason,
    detail: typeof detail === 'string' ? detail : expect.stringMatching(detail),
  });
});

test('an event without a time needs a message that has one', () => {
  expect(readMessage(bytes(sent), none, -1)).toMatchObject({ reason: 'not_an_event' });
});
