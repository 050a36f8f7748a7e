import { type Catalogue, emptyCatalogue } from '../../../domain/catalogue/model.ts';
import type { SentEvent } from '../../../domain/events/event.ts';
import type {
  ParsedRequest,
  Source,
  ToolContext,
  ToolRequest,
} from '../../../services/collector/sources/source.ts';

/** When the requests of the tests are received: after all that they tell of. */
export const receivedAt = Date.parse('2026-11-21T12:00:00Z');

/** @param body a text or bytes as they are; anything else is sent as JSON */
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

/** What a source makes of a body, with the team's catalogue and what stands behind the `?` of the address. */
export function told(
  source: Source,
  body: unknown,
  options: { query?: ToolRequest['query']; catalogue?: Partial<Catalogue> } = {},
): ParsedRequest {
  return source.parse(toolRequest(body, options), contextOf(options.catalogue));
}

/** The events without their ids, which nobody reads. */
export function eventsTold(...args: Parameters<typeof told>): Omit<SentEvent, 'id'>[] {
  return told(...args).events.map(({ id, ...event }) => event);
}
