import { fail, objectOf, textAt, valueAt } from '../parsing/reading.ts';
import { type ParsedRequest, type Source, Unmappable } from '../source.ts';
import { CdEvent, type CdEventContext } from './cd-event.ts';
import { artifactEvents, createdEvents, mergedEvents } from './changes.ts';
import { incidentEvents } from './incidents.ts';
import { exposedEvents } from './services.ts';

export type { CdEventContext };

/**
 * CDEvents 0.3, 0.4 and 0.5, told apart by subject and predicate and never by version. CDEvents knows no share
 * of traffic; what it leaves out may stand in `customData`, see `docs/integrations/cdevents.md`.
 * @see https://github.com/cdevents/spec/tree/v0.5.1
 */

/** Whether a type is one of CDEvents', or a custom one of its making. */
export function isCdEventType(type: unknown): boolean {
  return typeof type === 'string' && /^dev\.cdeventsx?\./.test(type);
}

/** The webhook: one CDEvent or an array of them, each bare or within a CloudEvent. */
export const cdevents: Source = {
  tool: 'cdevents',
  scheme: 'token',
  parse({ query, body }, { catalogue }) {
    const told = valuesIn(body).map(value => readCdEvent(unwrapped(value), { query, catalogue }));
    const unknown = [...new Set(told.flatMap(each => each.unknown ?? []))];
    return { events: told.flatMap(each => each.events), ...(unknown.length > 0 && { unknown }) };
  },
};

/**
 * The events that one CDEvent tells; none where its type says nothing of interest.
 * @param value a bare CDEvent: `context`, `subject` and perhaps `customData`
 * @throws {Unmappable} when it is none, or lacks what its type should say
 */
export function readCdEvent(value: unknown, context: CdEventContext): ParsedRequest {
  const type = textAt(value, 'context', 'type');
  if (type === null || !isCdEventType(type))
    return fail('It is no CDEvent: its context.type does not begin with dev.cdevents.');
  const [, , subject, predicate] = type.split('.');
  const tell = type.startsWith('dev.cdevents.') ? tellers.get(`${subject}.${predicate}`) : undefined;
  return tell ? tell(new CdEvent(value, type, context)) : { events: [] };
}

const tellers: ReadonlyMap<string, (event: CdEvent) => ParsedRequest> = new Map([
  ['change.created', createdEvents],
  ['change.merged', mergedEvents],
  ['artifact.packaged', artifactEvents],
  ['artifact.published', artifactEvents],
  ['service.deployed', exposedEvents],
  ['service.upgraded', exposedEvents],
  ['service.rolledback', exposedEvents],
  ['incident.detected', incidentEvents],
  ['incident.reported', incidentEvents],
  ['incident.resolved', incidentEvents],
]);

/** The values of a body: those of its array, else the one that it is. */
function valuesIn(body: Uint8Array): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return Array.isArray(value) ? value : [value];
  } catch (cause) {
    throw new Unmappable('The body is not JSON in UTF-8.', { cause });
  }
}

/** The CDEvent within a structured CloudEvent; anything else as it is. */
function unwrapped(value: unknown): unknown {
  const data = valueAt(value, 'data');
  return objectOf(data) !== null && valueAt(value, 'specversion') !== undefined ? data : value;
}
