import type { SentEvent } from '../../../domain/events/event.ts';
import type { Client } from '../access/tokens.ts';
import type { DeadReason } from '../publish/dead-requests.ts';
import { Refusal } from '../refusal.ts';
import { type Source, type ToolContext, type ToolRequest, Unmappable } from '../sources/source.ts';
import { checkItems } from './check.ts';

/** A request whose events are valid and allowed. */
export interface CheckedRequest {
  readonly events: readonly SentEvent[];
  /** Names of services that the catalogue does not know. */
  readonly unknownServices: readonly string[];
  /** Why a part of the request could not be mapped; null if all of it was. */
  readonly incomplete: string | null;
}

/** Why an authentic request gave no events. */
export interface UnparsableRequest {
  readonly reason: DeadReason;
  readonly detail: string;
  /** The error that a faulty source threw. */
  readonly error?: unknown;
}

/**
 * Parses a tool's request and checks its events like native events.
 * @throws {Refusal} if the tool must not get an answer of success, or the client may not write the service
 */
export function parseRequest(
  source: Source,
  request: ToolRequest,
  context: ToolContext,
  client: Client,
): CheckedRequest | UnparsableRequest {
  try {
    const { events, unknownServices = [], incomplete = null } = source.parse(request, context);
    const items = events.map(event => ({ sent: [event], faults: [] }));
    return { events: checkItems(items, client, context.receivedAt), unknownServices, incomplete };
  } catch (error) {
    if (error instanceof Unmappable) return { reason: 'unmappable', detail: error.message };
    if (!(error instanceof Refusal)) return { reason: 'failed', detail: String(error), error };
    if (error.reason !== 'invalid' || error.errors === undefined) throw error;
    const detail = error.errors.map(({ item, field, detail }) => `event ${item}: ${field} ${detail}`);
    return { reason: 'invalid', detail: detail.join('; ') };
  }
}
