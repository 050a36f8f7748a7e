import type { SentEvent } from '../../../domain/events/event.ts';
import type { Client } from '../access/tokens.ts';
import type { DeadReason } from '../publish/dead-requests.ts';
import { type Source, type ToolContext, type ToolRequest, Unmappable } from '../sources/source.ts';
import { checked } from './check.ts';
import { Refusal } from './refusal.ts';

/** What a request says: events that are right and allowed, and services that the catalogue does not know. */
export interface CheckedRequest {
  readonly events: readonly SentEvent[];
  readonly unknown: readonly string[];
  /** What could not be mapped beside them; null: nothing. */
  readonly incomplete: string | null;
}

/** Why nothing could be made of an authentic request. */
export interface UnparsableRequest {
  readonly reason: DeadReason;
  readonly detail: string;
  /** What was thrown, where a source is at fault. */
  readonly error?: unknown;
}

/**
 * Maps a request and checks what came out, as it would be checked had the tool sent native events.
 * @throws {Refusal} when the tool must not be answered with success, or the client may not write the service
 */
export function parseRequest(
  source: Source,
  request: ToolRequest,
  context: ToolContext,
  client: Client,
): CheckedRequest | UnparsableRequest {
  try {
    const { events, unknown = [], incomplete = null } = source.parse(request, context);
    const items = events.map(event => ({ sent: [event], faults: [] }));
    return { events: checked(items, client, context.receivedAt), unknown, incomplete };
  } catch (error) {
    if (error instanceof Unmappable) return { reason: 'unmappable', detail: error.message };
    if (!(error instanceof Refusal)) return { reason: 'failed', detail: String(error), error };
    if (error.reason !== 'invalid' || error.errors === undefined) throw error;
    const detail = error.errors.map(({ item, field, detail }) => `event ${item}: ${field} ${detail}`);
    return { reason: 'invalid', detail: detail.join('; ') };
  }
}
