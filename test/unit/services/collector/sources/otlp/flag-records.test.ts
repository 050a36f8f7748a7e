import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Catalogue, emptyCatalogue } from '../../../../../../domain/catalogue/model.ts';
import { faultsOf } from '../../../../../../domain/events/validate.ts';
import {
  type FlagRecords,
  parseFlagRecords,
} from '../../../../../../services/collector/sources/otlp/flag-records.ts';
import { NotLogs, recordsOf } from '../../../../../../services/collector/sources/otlp/log-record.ts';
import { runs } from '../../../../../support/run/properties.ts';
import { mangled } from '../../../../../support/senders/mangled.ts';
import {
  evaluated,
  evaluatedByOldNames,
  evaluatedInVain,
  exportRequest,
  type LoggedEvent,
  otherRecords,
} from './payloads.ts';

const receivedAt = Date.parse('2026-05-04T09:30:00Z');
const shop: Catalogue = {
  ...emptyCatalogue,
  environments: { live: 'production' },
  services: [
    {
      name: 'shop-checkout',
      aliases: ['checkout'],
      repositories: [],
      paths: [],
      artifacts: [],
      environments: {},
      flags: { 'new-tax-engine': 'acme/shop#42', banner: 'acme/shop#43' },
      flagVariants: { banner: 'blue' },
    },
  ],
};

function parsed(request: unknown, catalogue: Catalogue = emptyCatalogue): FlagRecords {
  return parseFlagRecords(recordsOf(request), { catalogue, receivedAt });
}
const one = (event: LoggedEvent, catalogue?: Catalogue) =>
  parsed(exportRequest([event]), catalogue).evaluations[0];

describe('an evaluation', () => {
  test('is parsed by the current names', () => {
    expect(parsed(exportRequest([evaluated()]))).toEqual({
      evaluations: [
        {
          service: 'checkout',
          environment: 'production',
          set: 'proj-1/production',
          flag: 'new-tax-engine',
          version: '42',
          variant: 'on',
          isSight: true,
          isNew: true,
          change: null,
          context: 'user-8f31',
          at: Date.parse('2026-05-04T09:29:59.345Z'),
        },
      ],
      events: [],
      rejected: [],
      unknownServices: ['checkout'],
    });
  });

  test('is parsed by the old names', () =>
    expect(one(evaluatedByOldNames)).toMatchObject({
      flag: 'new-tax-engine',
      variant: 'on',
      isSight: true,
      isNew: true,
      set: '',
      version: '',
      context: null,
    }));

  test('that failed is counted, and exposes nothing', () =>
    expect(one(evaluatedInVain)).toMatchObject({ variant: '', isSight: false, isNew: false }));

  test.each(['default', 'DEFAULT', 'error', 'disabled', 'stale'])(
    'for the reason %s exposes nothing',
    reason => expect(one(evaluated({ 'feature_flag.result.reason': reason }))?.isNew).toBe(false),
  );

  test.each(['static', 'split', 'cached', 'targeting_match', 'unknown'])(
    'for the reason %s exposes',
    reason => expect(one(evaluated({ 'feature_flag.result.reason': reason }))?.isNew).toBe(true),
  );

  test.each([
    [{ 'feature_flag.result.variant': 'off' }, false],
    [{ 'feature_flag.result.variant': 'Control' }, false],
    [{ 'feature_flag.result.variant': 'treatment' }, true],
    [{ 'feature_flag.result.variant': 'a', 'feature_flag.result.value': false }, false],
    [{ 'feature_flag.result.variant': 'off', 'feature_flag.result.value': true }, true],
    [{ 'feature_flag.key': 'banner', 'feature_flag.result.variant': 'green' }, false],
    [{ 'feature_flag.key': 'banner', 'feature_flag.result.variant': 'blue' }, true],
  ])('of %j serves the new variant: %s', (attributes, isNew) =>
    expect(one(evaluated(attributes), shop)?.isNew).toBe(isNew),
  );

  test('without a variant has its value as variant', () => {
    const { 'feature_flag.result.variant': _, ...rest } = evaluated().attributes;
    const value = (value: string | boolean) =>
      one({ ...evaluated(), attributes: { ...rest, 'feature_flag.result.value': value } })?.variant;
    expect(value(true)).toBe('true');
    expect(value('blue')).toBe('blue');
    expect(value('x'.repeat(5_000))).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('has the service and the environment of the catalogue', () => {
    const resource = { 'service.name': 'checkout', 'deployment.environment': 'live' };
    const { evaluations, unknownServices } = parsed(exportRequest([evaluated()], resource), shop);
    expect(evaluations[0]).toMatchObject({
      service: 'shop-checkout',
      environment: 'production',
      change: 'acme/shop#42',
    });
    expect(unknownServices).toEqual([]);
  });

  test('releases the change that it names; the revision of the process is no such change', () => {
    expect(one(evaluated({ 'vcs.ref.head.revision': '9c1b0a7' }))?.change).toBe('9c1b0a7');
    expect(one(evaluated({ 'feature_flag.change': 'acme/shop#7' }))?.change).toBe('acme/shop#7');
    expect(one(evaluated({ 'feature_flag.change': 'acme/shop#7' }), shop)?.change).toBe('acme/shop#42');
    expect(one(evaluated())?.change).toBeNull();
  });

  test('without a time, or with an impossible one, has the time of receipt', () => {
    const at = (event: LoggedEvent) => one(event)?.at;
    const { time: _, observed: __, ...timeless } = evaluated();
    expect(at(timeless)).toBe(receivedAt);
    expect(at({ ...timeless, observed: '2026-05-04T09:00:00Z' })).toBe(Date.parse('2026-05-04T09:00:00Z'));
    expect(at(evaluated({}, '1999-05-04T09:00:00Z'))).toBe(receivedAt);
    expect(at(evaluated({}, '2026-05-05T09:00:00Z'))).toBe(receivedAt);
  });

  test('of a resource without a name is of unknown_service', () =>
    expect(parsed(exportRequest([evaluated()], {})).evaluations[0]?.service).toBe('unknown_service'));
});

describe('a record that cannot be parsed', () => {
  test('is reported, and the others are parsed', () => {
    const { 'feature_flag.key': _, ...keyless } = evaluated().attributes;
    const { evaluations, rejected } = parsed(
      exportRequest([
        { ...evaluated(), attributes: keyless },
        evaluated({ 'feature_flag.result.variant': 'x'.repeat(501) }),
        evaluated(),
      ]),
    );
    expect(evaluations).toHaveLength(1);
    expect(rejected).toEqual([
      'A log record about a flag has no feature_flag.key.',
      'The variant has 501 characters; 500 is the most.',
    ]);
  });

  test('is no fault if it is not about flags', () =>
    expect(parsed(exportRequest(otherRecords))).toEqual({
      evaluations: [],
      events: [],
      rejected: [],
      unknownServices: [],
    }));

  test.each([[null], [[]], ['x'], [{ resourceLogs: 7 }]])('%j is no export request', value =>
    expect(() => recordsOf(value)).toThrow(NotLogs),
  );

  test('an empty request has no records', () => {
    expect(recordsOf({})).toEqual([]);
    expect(recordsOf({ resourceLogs: null })).toEqual([]);
  });
});

describe('a change of a flag that another system reports', () => {
  const changed: LoggedEvent = {
    eventName: 'flag_changed',
    time: '2026-05-04T09:00:00Z',
    attributes: {
      'feature_flag.key': 'new-tax-engine',
      'feature_flag.result.variant': '25 %',
      'feature_flag.version': '43',
      'user.name': 'dana',
    },
  };

  test('is an event, the same one if it is sent again', () => {
    const { events } = parsed(exportRequest([changed]));
    expect(events).toEqual([
      {
        type: 'flag_changed',
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        source: 'otlp-logs/checkout',
        time: '2026-05-04T09:00:00.000Z',
        service: 'checkout',
        flag: 'new-tax-engine',
        variant: '25 %',
        title: 'in production, version 43',
        actor: 'dana',
      },
    ]);
    expect(parsed(exportRequest([changed])).events).toEqual(events);
  });

  test('has the id of its record', () => {
    const attributes = { ...changed.attributes, 'log.record.uid': '01J9' };
    expect(parsed(exportRequest([{ ...changed, attributes }])).events[0]?.id).toBe('01J9');
  });

  test('from the future is rejected', () => {
    const { events, rejected } = parsed(exportRequest([{ ...changed, time: '2027-05-04T09:00:00Z' }]));
    expect(events).toEqual([]);
    expect(rejected[0]).toMatch(/ahead of this server's clock/);
  });
});

test('damaged requests never throw and give valid events only', () => {
  const whole = exportRequest([
    evaluated(),
    evaluatedByOldNames,
    { eventName: 'flag_changed', attributes: evaluated().attributes },
  ]);
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(40)), fc.anything(), (dice, junk) => {
      let request: FlagRecords;
      try {
        request = parsed(
          mangled(whole, () => dice.next().value ?? 0, junk),
          shop,
        );
      } catch (error) {
        expect(error).toBeInstanceOf(NotLogs);
        return;
      }
      for (const event of request.events) expect(faultsOf(event)).toEqual([]);
      for (const { service, environment, flag } of request.evaluations)
        for (const name of [service, environment, flag]) expect(name).not.toBe('');
    }),
    { numRuns: runs(500) },
  );
});
