type Value = string | number | boolean;

/** The fields of a log record in a test; the others have defaults. */
export interface LoggedEvent {
  readonly eventName?: string;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly body?: Readonly<Record<string, Value>>;
  /** RFC 3339; absent: no time. */
  readonly time?: string;
  readonly observed?: string;
}

export const checkout = {
  'service.name': 'checkout',
  'service.version': '2f1d7c9',
  'deployment.environment.name': 'production',
  'vcs.ref.head.revision': '2f1d7c9b7c3a4bd49dd2b5f6c7c9c1b0a7d64e11',
};

/** An export request in OTLP's JSON form. */
export function exportRequest(
  events: readonly LoggedEvent[],
  resource: Readonly<Record<string, Value>> = checkout,
): object {
  return {
    resourceLogs: [
      {
        resource: { attributes: pairs(resource) },
        schemaUrl: 'https://opentelemetry.io/schemas/1.44.0',
        scopeLogs: [
          {
            scope: { name: '@openfeature/open-telemetry-hooks', version: '1.0.0' },
            logRecords: events.map(({ eventName, attributes, body, time, observed }) => ({
              ...(time !== undefined && { timeUnixNano: nanoseconds(time) }),
              ...(observed !== undefined && { observedTimeUnixNano: nanoseconds(observed) }),
              severityNumber: 9,
              traceId: '5b8efff798038103d269b633813fc60c',
              ...(eventName !== undefined && { eventName }),
              ...(body && { body: { kvlistValue: { values: pairs(body) } } }),
              attributes: pairs(attributes),
            })),
          },
        ],
      },
    ],
  };
}

/** An evaluation by the current names: the variant `on` for one user, by a split. */
export function evaluated(
  attributes: Readonly<Record<string, Value>> = {},
  time = '2026-05-04T09:29:59.345Z',
): LoggedEvent {
  return {
    eventName: 'feature_flag.evaluation',
    time,
    observed: time,
    attributes: {
      'feature_flag.key': 'new-tax-engine',
      'feature_flag.result.variant': 'on',
      'feature_flag.result.reason': 'split',
      'feature_flag.context.id': 'user-8f31',
      'feature_flag.set.id': 'proj-1/production',
      'feature_flag.version': '42',
      'feature_flag.provider.name': 'flagd',
      ...attributes,
    },
  };
}

/** The same evaluation by the names before 2025: in upper case, with the event's name as an attribute. */
export const evaluatedByOldNames: LoggedEvent = {
  time: '2026-05-04T09:29:59.345Z',
  body: { value: 'true' },
  attributes: {
    'event.name': 'feature_flag.evaluation',
    'feature_flag.key': 'new-tax-engine',
    'feature_flag.variant': 'on',
    'feature_flag.evaluation.reason': 'TARGETING_MATCH',
    'feature_flag.provider_name': 'flagd',
  },
};

/** An evaluation that failed. */
export const evaluatedInVain: LoggedEvent = {
  eventName: 'feature_flag.evaluation',
  time: '2026-05-04T09:29:59.347Z',
  attributes: {
    'feature_flag.key': 'new-tax-engine',
    'feature_flag.result.reason': 'error',
    'error.type': 'flag_not_found',
    'feature_flag.error.message': 'flag not found',
    'feature_flag.provider.name': 'flagd',
  },
};

/** Records that are not about flags. */
export const otherRecords: readonly LoggedEvent[] = [
  { attributes: { 'string.attribute': 'some string', 'int.attribute': 10 } },
  { eventName: 'browser.page_view', attributes: {}, body: { type: 0, title: 'A page' } },
  { eventName: 'exception', attributes: { 'exception.type': 'Error' } },
];

function pairs(values: Readonly<Record<string, Value>>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: Value): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function nanoseconds(time: string): string {
  return `${Date.parse(time)}000000`;
}
