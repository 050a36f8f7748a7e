import type { Catalogue } from '../../domain/catalogue/catalogue.ts';
import { type IdentifiedEvent, identify } from '../../domain/events/identity.ts';
import type { DeadRequest } from '../../services/collector/publish/dead-requests.ts';
import { parseRequest } from '../../services/collector/routes/parse-request.ts';
import { Refusal } from '../../services/collector/routes/refusal.ts';
import { sources } from '../../services/collector/sources/index.ts';

/** Why nothing can be made of a request now either. */
export interface Still {
  readonly reason: DeadRequest['reason'];
  readonly detail: string;
}

/** The events of a request that was put aside, as if it came now but at the time when it came. */
export function eventsOf(request: DeadRequest, catalogue: Catalogue): readonly IdentifiedEvent[] | Still {
  const { tool, client: name, receivedAt } = request;
  const source = sources.get(tool);
  if (!source) return { reason: 'unmappable', detail: `there is no webhook ${tool}` };
  try {
    const told = parseRequest(source, request, { catalogue, receivedAt }, { name });
    if ('reason' in told) return { reason: told.reason, detail: told.detail };
    if (told.incomplete !== null) return { reason: 'unmappable', detail: told.incomplete };
    return told.events.map(event => identify(event, name, receivedAt));
  } catch (error) {
    if (error instanceof Refusal) return { reason: 'invalid', detail: error.message };
    throw error;
  }
}

/** One line for people. */
export function describeRequest({ tool, reason, detail, receivedAt, body }: DeadRequest): string {
  return `${new Date(receivedAt).toISOString()}  ${reason}  webhook ${tool}  ${body.length} bytes  ${detail}`;
}
