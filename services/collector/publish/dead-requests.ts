import type { ToolRequest } from '../sources/source.ts';

/** An authentic request that could not be turned into events, and why. */
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

/** `unmappable`: its source says so; `invalid`: what it was mapped to is no event; `failed`: its source broke. */
export type DeadReason = 'unmappable' | 'invalid' | 'failed';

/** Where such requests are kept until somebody replays them: a topic of Kafka, or a table of the record. */
export interface DeadRequests {
  /** Resolves when it is durable. @throws {Unavailable} when it cannot be kept now */
  keep(request: DeadRequest): Promise<void>;
}

/** As many characters of a detail as are kept. */
const detailMax = 1_000;

/** The request without what must not be written down. */
export function writable(request: DeadRequest): DeadRequest {
  return {
    ...request,
    headers: harmless(request.headers),
    detail: request.detail.slice(0, detailMax).replaceAll('\0', ' '),
  };
}

/** Headers that a source may need again; nothing by which a sender proves who it is. */
const kept =
  /^(content-type|content-encoding|user-agent|idempotency-key|webhook-(id|timestamp)|ce-[a-z0-9]+|x-github-(event|delivery|hook-.+|enterprise-.+)|x-gitlab-(event|event-uuid|webhook-uuid|instance))$/;

function harmless(headers: ToolRequest['headers']): ToolRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => kept.test(name)));
}
