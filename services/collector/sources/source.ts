import type { Catalogue } from '../../../domain/catalogue/model.ts';
import type { SentEvent } from '../../../domain/events/event.ts';
import type { Fault } from '../../../domain/events/validate.ts';

/** An authenticated request of a tool. */
export interface ToolRequest {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The query of the address, which the user writes; of a repeated name the last value. */
  readonly query: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What a source may use beside the request. */
export interface ToolContext {
  readonly catalogue: Catalogue;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

/** The result of parsing a request. */
export interface ParsedRequest {
  /** Empty if the request reports nothing relevant. A repeated delivery gives the same `id` and `source` again. */
  readonly events: readonly SentEvent[];
  /** Names of services that the catalogue does not know. */
  readonly unknownServices?: readonly string[];
  /** Why a part of the request could not be mapped: the request is kept as a dead letter too. */
  readonly incomplete?: string;
}

/** How a tool authenticates; `token`: as bearer, as password of Basic, or as the last part of the path. */
export type Scheme = 'github' | 'gitlab' | 'token';

/** One tool's webhook: it parses requests to events, without I/O and without a clock. */
export interface Source {
  /** Last part of the path: `/v1/webhooks/<tool>`. */
  readonly tool: string;
  readonly scheme: Scheme;
  /**
   * @throws {Unmappable} if the request should become events and cannot; its message says why
   * @throws {Refusal} if the tool must not get an answer of success
   */
  parse(request: ToolRequest, context: ToolContext): ParsedRequest;
}

/** One item of a request to `/v1/events`, before its events are checked. */
export interface Item {
  /**
   * Its events in the native form, as sent: one event, or those of a foreign form, which may be none. Empty if the item
   * cannot be read at all.
   */
  readonly sent: readonly unknown[];
  /** Faults of the form around the events. */
  readonly faults: readonly Fault[];
  /** Names of services that the catalogue does not know. */
  readonly unknownServices?: readonly string[];
}

/** An authentic request that cannot be mapped: it is answered with success, and kept until a newer release can map it. */
export class Unmappable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Unmappable';
  }
}

/** @throws {Unmappable} always */
export function fail(message: string): never {
  throw new Unmappable(message);
}
