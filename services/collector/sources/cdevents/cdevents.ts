import { mergeParsed } from '../parsing/event-fields.ts';
import { objectOf, textAt, valueAt } from '../parsing/json.ts';
import { fail, type ParsedRequest, type Source, Unmappable } from '../source.ts';
import { CdEvent, type CdEventContext } from './cd-event.ts';
import { artifactEvents, createdEvents, mergedEvents } from './changes.ts';
import { incidentEvents } from './incidents.ts';
import { exposedEvents } from './services.ts';

export type { CdEventContext };

/**
 * CDEvents 0.3, 0.4 and 0.5: subject and predicate decide how an event is parsed, the version does not. CDEvents has no
 * share of traffic; `customData` holds what it lacks, see `docs/integrations/cdevents.md`.
 * @see https://github.com/cdevents/spec/tree/v0.5.1
 */

/** Whether a type is one of CDEvents, custom types included. */
export function isCdEventType(type: unknown): boolean {
  return typeof type === 'string' && /^dev\.cdeventsx?\./.test(type);
}

/** The webhook: one CDEvent or an array of them, each bare or within a CloudEvent. */
export const cdevents: Source = {
  tool: 'cdevents',
  scheme: 'token',
  parse({ query, body }, { catalogue }) {
    const parsed = valuesIn(body).map(value => readCdEvent(unwrapped(value), { query, catalogue }));
    return mergeParsed(parsed);
  },
};

/**
 * Parses one CDEvent; without events if its type is not relevant.
 * @param value a bare CDEvent: `context`, `subject` and perhaps `customData`
 * @throws {Unmappable} if it is no CDEvent, or lacks a field that its type needs
 */
export function readCdEvent(value: unknown, context: CdEventContext): ParsedRequest {
  const type = textAt(value, 'context', 'type');
  if (type === null || !isCdEventType(type))
    return fail('It is no CDEvent: its context.type does not begin with dev.cdevents.');
  const [, , subject, predicate] = type.split('.');
  const parse = type.startsWith('dev.cdevents.') ? parsers.get(`${subject}.${predicate}`) : undefined;
  return parse ? parse(new CdEvent(value, type, context)) : { events: [] };
}

const parsers: ReadonlyMap<string, (event: CdEvent) => ParsedRequest> = new Map([
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

/** The elements of a body that is an array; else the body itself. */
function valuesIn(body: Uint8Array): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return Array.isArray(value) ? value : [value];
  } catch (cause) {
    throw new Unmappable('The body is not JSON in UTF-8.', { cause });
  }
}

/** The CDEvent in a structured CloudEvent; any other value unchanged. */
function unwrapped(value: unknown): unknown {
  const data = valueAt(value, 'data');
  return objectOf(data) !== null && valueAt(value, 'specversion') !== undefined ? data : value;
}
