import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SentEvent } from '../../../../domain/events/event.ts';
import { faultsOf, timeFaultsOf } from '../../../../domain/events/validate.ts';

const exposed = { type: 'change_exposed', service: 'checkout', change: '3f2a91c' };
const incident = { type: 'incident_detected', service: 'checkout', incident: 'INC-7' };
const descriptive = {
  team: 'shop',
  risk: 'low',
  ticket: 'SHOP-1',
  title: 'Faster checkout',
  url: 'https://example.com/1',
  actor: 'ana',
  id: '1',
  source: 'ci',
  time: '2026-05-04T09:30:00Z',
};

describe('valid events', () => {
  test.each([
    { type: 'change_created', service: 'checkout', change: '3f2a91c' },
    { type: 'change_merged', service: 'checkout', change: '3f2a91c', artifact: 'shop:1.2', rework: true },
    { type: 'change_merged', service: 'checkout', change: '3f2a91c', artifact: ['shop:1.2', 'sha256:ab'] },
    { ...exposed, changes: ['a', 'b'], artifact: 'shop:1.2', environment: 'staging', rollout: 'r1' },
    { ...exposed, weight: 0.5, strategy: 'canary', drill: true, rework: false },
    { type: 'change_exposed', service: 'checkout', changes: ['a'] },
    { type: 'change_exposed', service: 'checkout', artifact: 'shop:1.2', weight: 0 },
    {
      type: 'change_rolled_back',
      service: 'checkout',
      rollout: 'r1',
      weight: 25,
      cause: 'automatic',
      reason: 'errors',
    },
    { ...incident, change: 'a', rollout: 'r1', severity: 'page', reason: 'errors', environment: 'eu' },
    { ...incident, type: 'incident_resolved' },
    { type: 'flag_changed', flag: 'new-basket', variant: '50' },
    { type: 'flag_changed', flag: 'new-basket', service: 'checkout' },
  ])('%j', event => {
    expect(faultsOf(event)).toEqual([]);
    expect(faultsOf({ ...event, ...descriptive })).toEqual([]);
  });

  test('lengths are counted in characters, not in bytes', () => {
    expect(faultsOf({ ...exposed, service: '😀'.repeat(200) })).toEqual([]);
    expect(faultsOf({ ...exposed, service: '😀'.repeat(201) })).not.toEqual([]);
  });
});

describe('the faults of an event name the field', () => {
  test.each<[string, unknown, string[]]>([
    ['no type', { service: 'checkout' }, ['type']],
    ['an unknown type', { ...exposed, type: 'change_deployed' }, ['type']],
    ['a type that is no text', { ...exposed, type: 5 }, ['type']],
    ['no service', { type: 'change_created', change: 'a' }, ['service']],
    ['neither service nor change', { type: 'change_merged' }, ['service', 'change']],
    ['no incident', { type: 'incident_resolved', service: 'checkout' }, ['incident']],
    ['no flag', { type: 'flag_changed' }, ['flag']],
    ['an unknown field', { ...exposed, wieght: 5 }, ['wieght']],
    ['a field of another event', { ...incident, weight: 5 }, ['weight']],
    ['a null', { ...exposed, rollout: null }, ['rollout']],
    ['an empty text', { ...exposed, title: '' }, ['title']],
    ['an empty array', { ...exposed, changes: [] }, ['changes']],
    ['an empty entry', { ...exposed, changes: ['a', ''] }, ['changes[1]']],
    ['weight 101', { ...exposed, weight: 101 }, ['weight']],
    ['a weight below 0', { ...exposed, weight: -0.1 }, ['weight']],
    ['a weight as text', { ...exposed, weight: '5' }, ['weight']],
    ['an unknown strategy', { ...exposed, strategy: 'Canary' }, ['strategy']],
    ['a flag as text', { ...exposed, drill: 'true' }, ['drill']],
    ['a service that is too long', { ...exposed, service: 'x'.repeat(201) }, ['service']],
    ['a NUL', { ...exposed, title: 'a\u0000b' }, ['title']],
    ['half of a surrogate pair', { ...exposed, title: '\ud83d' }, ['title']],
    ['a leading byte order mark', { ...exposed, change: '\ufeffc1' }, ['change']],
    ['a time without a zone', { ...exposed, time: '2026-05-04T09:30:00' }, ['time']],
    [
      'several faults',
      { ...exposed, weight: 101, colour: 'blue', risk: 'none' },
      ['colour', 'weight', 'risk'],
    ],
    ['no object', [], ['']],
    ['null', null, ['']],
  ])('%s', (_, event, fields) => {
    const faults = faultsOf(event);
    expect(faults.map(fault => fault.field).sort()).toEqual([...fields].sort());
    for (const { detail } of faults) expect(detail).not.toBe('');
  });

  test('an exposure and a rollback must name a rollout, a change or an artifact', () => {
    expect(faultsOf({ type: 'change_exposed', service: 'checkout' })).toEqual([
      { field: '', detail: 'one of rollout, change, changes, artifact is required' },
    ]);
    expect(faultsOf({ type: 'change_rolled_back', service: 'checkout' })).toEqual([
      { field: '', detail: 'one of rollout, change, artifact is required' },
    ]);
  });

  test('an artifact that is neither text nor list has one fault', () => {
    const event = { type: 'change_merged', service: 'checkout', change: 'a', artifact: 5 };
    expect(faultsOf(event)).toEqual([{ field: 'artifact', detail: 'must be string or array' }]);
  });

  test('checking does not change the event', () => {
    const event = Object.freeze({ ...exposed, weight: '5', colour: 'blue' });
    faultsOf(event);
    expect(event).toEqual({ ...exposed, weight: '5', colour: 'blue' });
  });

  test('any JSON can be checked', () => {
    fc.assert(fc.property(fc.jsonValue(), value => void faultsOf(value)));
  });
});

describe('the time of an event, compared with the clock', () => {
  const now = Date.parse('2026-05-04T09:30:00Z');
  const at = (time: string): SentEvent => ({
    type: 'change_created',
    service: 'checkout',
    change: 'a',
    time,
  });

  test.each(['2026-05-04T09:35:00Z', '2000-01-01T00:00:00Z', '2026-05-04T09:30:00+02:00'])(
    '%s is valid',
    time => expect(timeFaultsOf(at(time), now)).toEqual([]),
  );

  test.each([
    ['2026-05-04T09:35:00.001Z', '5 minutes ahead'],
    ['1999-12-31T23:59:59.999Z', '2000'],
    ['1970-01-01T00:00:00Z', '2000'],
    ['0001-01-01T00:00:00Z', '2000'],
    ['soon', 'RFC 3339'],
  ])('%s is a fault', (time, detail) => {
    const faults = timeFaultsOf(at(time), now);
    expect(faults.map(fault => fault.field)).toEqual(['time']);
    expect(faults[0]?.detail).toContain(detail);
  });

  test('an event without a time has no fault', () => {
    expect(timeFaultsOf({ type: 'flag_changed', flag: 'f' }, now)).toEqual([]);
  });
});
