import { type Catalogue, emptyCatalogue } from '../../../domain/catalogue/model.ts';
import type { SentEvent } from '../../../domain/events/event.ts';
import type {
  ParsedRequest,
  Source,
  ToolContext,
  ToolRequest,
} from '../../../services/collector/sources/source.ts';

/** The time of receipt of the tests' requests, after all their events. */
export const receivedAt = Date.parse('2026-11-21T12:00:00Z');

/** @param body a text or bytes are sent unchanged; any other value is sent as JSON */
export function toolRequest(
  body: unknown,
  { query = {}, headers = {} }: Partial<Pick<ToolRequest, 'query' | 'headers'>> = {},
): ToolRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { headers, query, body: body instanceof Uint8Array ? body : Buffer.from(text) };
}

export function contextOf(catalogue: Partial<Catalogue> = {}): ToolContext {
  return { catalogue: { ...emptyCatalogue, ...catalogue }, receivedAt };
}

/** The result of a source for a body, with a catalogue and the query of the address. */
export function parsed(
  source: Source,
  body: unknown,
  options: { query?: ToolRequest['query']; catalogue?: Partial<Catalogue> } = {},
): ParsedRequest {
  return source.parse(toolRequest(body, options), contextOf(options.catalogue));
}

/** The parsed events without their ids. */
export function parsedEvents(...args: Parameters<typeof parsed>): Omit<SentEvent, 'id'>[] {
  return parsed(...args).events.map(({ id, ...event }) => event);
}
