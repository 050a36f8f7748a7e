import type { Catalogue } from '../../../domain/catalogue/catalogue.ts';
import type { SentEvent } from '../../../domain/events/event.ts';

/** A tool's request, as it came and once it is known to be authentic. */
export interface ToolRequest {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** What the user wrote behind the `?` of the address; of repeated names the last. */
  readonly query: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What a source may know beside the request. */
export interface ToolContext {
  readonly catalogue: Catalogue;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

/** What a request says. */
export interface ParsedRequest {
  /** Each with `id` and `source` that a repeated delivery has again; none where nothing in it is of interest. */
  readonly events: readonly SentEvent[];
  /** Services that the catalogue does not know, under the names they were given. */
  readonly unknown?: readonly string[];
  /** What could not be mapped beside the events, and why: the request is kept as well. */
  readonly incomplete?: string;
}

/** The own scheme by which a tool proves who it is; see {@link ../webhook-access.ts}. */
export type Scheme = 'github' | 'gitlab' | 'token';

/** One tool's webhook: request to events, without I/O, without a clock. */
export interface Source {
  /** The word behind `/v1/webhooks/`. */
  readonly tool: string;
  /** How it proves who it is; `token`: bearer, password of Basic, or the last part of the path. */
  readonly scheme: Scheme;
  /**
   * @throws {Unmappable} when it is a request of this tool that should say something, and what cannot be told
   * @throws {Refusal} when an answer of success would itself do harm
   */
  parse(request: ToolRequest, context: ToolContext): ParsedRequest;
}

/** An authentic request that cannot be mapped: it is answered with success, and kept until it can be. */
export class Unmappable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Unmappable';
  }
}
