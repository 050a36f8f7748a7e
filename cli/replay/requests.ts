import type { Catalogue } from '../../domain/catalogue/model.ts';
import { type IdentifiedEvent, identify } from '../../domain/events/identity.ts';
import { parseRequest } from '../../services/collector/ingest/parse-request.ts';
import type { DeadRequest } from '../../services/collector/publish/dead-requests.ts';
import { Refusal } from '../../services/collector/refusal.ts';
import { sources } from '../../services/collector/sources/index.ts';

/** The reason why a request still has no events. */
export interface Unmapped {
  readonly reason: DeadRequest['reason'];
  readonly detail: string;
}

/** Maps a dead request again, with today's catalogue and with the time at which the request was received. */
export function eventsOf(request: DeadRequest, catalogue: Catalogue): readonly IdentifiedEvent[] | Unmapped {
  const { tool, client: name, receivedAt } = request;
  const source = sources.get(tool);
  if (!source) return { reason: 'unmappable', detail: `there is no webhook ${tool}` };
  try {
    const parsed = parseRequest(source, request, { catalogue, receivedAt }, { name });
    if ('reason' in parsed) return { reason: parsed.reason, detail: parsed.detail };
    if (parsed.incomplete !== null) return { reason: 'unmappable', detail: parsed.incomplete };
    return parsed.events.map(event => identify(event, name, receivedAt));
  } catch (error) {
    if (error instanceof Refusal) return { reason: 'invalid', detail: error.message };
    throw error;
  }
}

/** A line about a dead request for the user. */
export function describeRequest({ tool, reason, detail, receivedAt, body }: DeadRequest): string {
  return `${new Date(receivedAt).toISOString()}  ${reason}  webhook ${tool}  ${body.length} bytes  ${detail}`;
}
