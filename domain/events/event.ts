import { type Static, type TObject, type TProperties, Type } from 'typebox';

/**
 * The seven events in their native form: flat JSON objects, with `type` as discriminator. Times are RFC 3339 with a zone,
 * weights are percent of traffic, 0–100. See `docs/events.md`.
 */

/** The environment of an event that names none. */
export const defaultEnvironment = 'production';
/** The weight of an exposure that names none: all traffic. */
export const fullWeight = 100;

// PostgreSQL cannot store NUL, UTF-8 cannot encode a lone surrogate, and a decoder may drop a leading U+FEFF as a byte
// order mark.
const storable = '^(?!\\uFEFF)[^\\u0000\\uD800-\\uDFFF]*$';

const text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: storable, description });
const name = (description: string) => text(500, description);
const choice = <const T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], description });

export const strategies = ['canary', 'blue_green', 'ab_test', 'rolling', 'flag', 'direct'] as const;
export const causes = ['automatic', 'manual'] as const;
export type Cause = (typeof causes)[number];
export const risks = ['low', 'medium', 'high'] as const;

const service = text(200, 'The service that the event is about');
const time = Type.String({
  format: 'date-time',
  maxLength: 100,
  description: 'When it happened; absent: the time of receipt',
});

const common = {
  time: Type.Optional(time),
  id: Type.Optional(text(1000, 'With `source`, the identity of the event; absent: a digest of its content')),
  source: Type.Optional(text(1000, 'Who says so; absent: the name of the authenticated client')),
  team: Type.Optional(text(200, 'The team that owns the service')),
  risk: Type.Optional(choice(risks, 'How risky the change was judged to be')),
  ticket: Type.Optional(name('Ticket or issue')),
  title: Type.Optional(text(1000, 'One line for people')),
  url: Type.Optional(text(2000, 'Where to read more')),
  actor: Type.Optional(text(200, 'Who did it')),
};
const change = name('The change: a commit SHA, a pull request, or whatever the team uses');
const environment = Type.Optional(text(200, `Default \`${defaultEnvironment}\``));
const rollout = Type.Optional(name('One attempt to bring a change to an environment'));
const artifact = name('Image reference, tag, digest or version');
const incident = name('Identity of the incident within its service and environment');
const reason = Type.Optional(text(2000, 'The root-cause candidate'));
const drill = Type.Optional(Type.Boolean({ description: 'A rehearsal: shown, and counted nowhere' }));
const rework = Type.Optional(Type.Boolean({ description: 'Unplanned, made to repair a failure' }));
const weight = Type.Optional(
  Type.Number({
    minimum: 0,
    maximum: 100,
    description: 'Percent of traffic; an exposure without one is full',
  }),
);

const eventOf = <const T extends string, P extends TProperties>(type: T, properties: P, options = {}) =>
  Type.Object(
    { type: Type.Literal(type), ...properties, ...common },
    { additionalProperties: false, title: type, ...options },
  );
const oneOfThese = (fields: readonly string[]) => ({ anyOf: fields.map(field => ({ required: [field] })) });

const changeCreated = eventOf('change_created', { service, change });
const changeMerged = eventOf('change_merged', {
  service,
  change,
  artifact: Type.Optional(
    Type.Unsafe<string | string[]>({
      description: 'What this change became: one artifact, or several',
      type: ['string', 'array'],
      minLength: 1,
      maxLength: 500,
      pattern: storable,
      items: artifact,
      minItems: 1,
      maxItems: 1000,
    }),
  ),
  rework,
});
const changeExposed = eventOf(
  'change_exposed',
  {
    service,
    change: Type.Optional(change),
    changes: Type.Optional(
      Type.Array(change, {
        minItems: 1,
        maxItems: 1000,
        description: 'Further changes that the rollout carries',
      }),
    ),
    artifact: Type.Optional(artifact),
    environment,
    rollout,
    weight,
    strategy: Type.Optional(choice(strategies, 'How traffic is moved')),
    drill,
    rework,
  },
  oneOfThese(['rollout', 'change', 'changes', 'artifact']),
);
const changeRolledBack = eventOf(
  'change_rolled_back',
  {
    service,
    change: Type.Optional(change),
    artifact: Type.Optional(artifact),
    environment,
    rollout,
    weight,
    cause: Type.Optional(choice(causes, 'Analysis or alert, or a person')),
    reason,
    incident: Type.Optional(incident),
    drill,
  },
  oneOfThese(['rollout', 'change', 'artifact']),
);
const incidentFields = {
  service,
  incident,
  change: Type.Optional(change),
  environment,
  rollout,
  reason,
  severity: Type.Optional(text(200, 'A free word')),
};
const incidentDetected = eventOf('incident_detected', incidentFields);
const incidentResolved = eventOf('incident_resolved', incidentFields);
const flagChanged = eventOf('flag_changed', {
  service: Type.Optional(service),
  flag: name('Key of the flag'),
  variant: Type.Optional(name('New value or share')),
});

const variants = [
  changeCreated,
  changeMerged,
  changeExposed,
  changeRolledBack,
  incidentDetected,
  incidentResolved,
  flagChanged,
] as const satisfies readonly TObject[];

/** An event in the native form, as sent: `id`, `source` and `time` may be absent. */
export type SentEvent = Static<(typeof variants)[number]>;
export type EventType = SentEvent['type'];

/** The JSON Schema of {@link SentEvent}: one variant per `type`. */
export const eventSchema = Type.Unsafe<SentEvent>({
  type: 'object',
  discriminator: { propertyName: 'type' },
  oneOf: variants,
});

export const eventTypes: readonly EventType[] = variants.map(variant => variant.properties.type.const);

/** An event in the log and the store: with its identity, and its time in UTC and whole milliseconds. */
export type Event = SentEvent & { id: string; source: string; time: string };
export type EventOf<T extends EventType> = Extract<Event, { type: T }>;

/** The rollout of an exposure or a rollback: `rollout`, else `change`, else the first of `changes`, else `artifact`. */
export function rolloutOf(event: EventOf<'change_exposed' | 'change_rolled_back'>): string {
  const first = event.type === 'change_exposed' ? event.changes?.[0] : undefined;
  const rollout = event.rollout ?? event.change ?? first ?? event.artifact;
  if (rollout === undefined) throw new TypeError(`${event.type} ${event.id} names no rollout`);
  return rollout;
}
