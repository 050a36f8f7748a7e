import type { Fault } from '../../domain/events/validate.ts';

/** Why a request is refused: one word per kind of answer. */
export type RefusalReason =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'too_large'
  | 'unsupported'
  | 'unavailable'
  | 'error';

/** A fault of one event of a request; items are counted from 0. */
export interface ItemFault extends Fault {
  readonly item: number;
}

const defaultStatus: Record<RefusalReason, number> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  too_large: 413,
  unsupported: 415,
  unavailable: 503,
  error: 500,
};

interface RefusalDetails {
  /** HTTP status, if it differs from the default of the reason. */
  readonly status?: number;
  readonly errors?: readonly ItemFault[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Number of events in the refused request, if known. */
  readonly count?: number;
}

/** A request that the collector refuses. The message is for the sender and says what to do. */
export class Refusal extends Error {
  readonly reason: RefusalReason;
  readonly status: number;
  readonly errors: readonly ItemFault[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly count: number;

  constructor(reason: RefusalReason, message: string, details: RefusalDetails = {}) {
    super(message);
    this.name = 'Refusal';
    this.reason = reason;
    this.status = details.status ?? defaultStatus[reason];
    this.errors = details.errors;
    this.headers = details.headers ?? {};
    this.count = details.count ?? 1;
  }
}

/** The sender is not authenticated. @param message says how to authenticate */
export function unauthorized(message: string): Refusal {
  return new Refusal('unauthorized', message, { headers: { 'www-authenticate': 'Bearer' } });
}
