import type { ToolRequest } from '../sources/source.ts';

/** An authentic request that gave no events, and why. */
export interface DeadRequest extends ToolRequest {
  readonly tool: string;
  /** Name of the client that sent it. */
  readonly client: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly reason: DeadReason;
  /** For people: what exactly is wrong. */
  readonly detail: string;
}

/** `unmappable`: the source found nothing to map; `invalid`: the source made invalid events; `failed`: it threw. */
export type DeadReason = 'unmappable' | 'invalid' | 'failed';

/** The port that keeps such requests for `firstlight replay`: a topic of Kafka, or a table of the store. */
export interface DeadRequests {
  /** Resolves once the request is durable. @throws {Unavailable} if it cannot be kept now */
  keep(request: DeadRequest): Promise<void>;
}

/** Maximum length of a detail. */
const detailMax = 1_000;

/** The request without headers that must not be stored, such as tokens. */
export function writable(request: DeadRequest): DeadRequest {
  return {
    ...request,
    headers: withoutSecrets(request.headers),
    detail: request.detail.slice(0, detailMax).replaceAll('\0', ' '),
  };
}

/** Headers that a source may need again. No header that authenticates the sender is among them. */
const keptHeaders =
  /^(content-type|content-encoding|user-agent|idempotency-key|webhook-(id|timestamp)|ce-[a-z0-9]+|x-github-(event|delivery|hook-.+|enterprise-.+)|x-gitlab-(event|event-uuid|webhook-uuid|instance))$/;

function withoutSecrets(headers: ToolRequest['headers']): ToolRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => keptHeaders.test(name)));
}
