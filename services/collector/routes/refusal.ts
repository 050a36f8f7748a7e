import type { Fault } from '../../../domain/events/validate.ts';
import { statusOf } from '../../../platform/http/problem.ts';
import type { RefusalReason } from '../observer.ts';
import { Unavailable } from '../publish/publisher.ts';

/** A fault of one event of a request; items are counted from 0. */
export interface ItemFault extends Fault {
  readonly item: number;
}

const usualStatus: Record<RefusalReason, number> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  too_large: 413,
  unsupported: 415,
  unavailable: 503,
  error: 500,
};

interface RefusalDetails {
  /** HTTP status, where it is not the usual one of the reason. */
  readonly status?: number;
  readonly errors?: readonly ItemFault[];
  readonly headers?: Readonly<Record<string, string>>;
  /** How many events the refused request holds, where that is known. */
  readonly count?: number;
}

/** A request that is not taken. The message is for the sender and says what to do. */
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
    this.status = details.status ?? usualStatus[reason];
    this.errors = details.errors;
    this.headers = details.headers ?? {};
    this.count = details.count ?? 1;
  }
}

/** Who sends is not known. @param message says how to prove it */
export function unauthorized(message: string): Refusal {
  return new Refusal('unauthorized', message, { headers: { 'www-authenticate': 'Bearer' } });
}

/** What to tell the sender about anything that was thrown; internals stay inside. */
export function refusalOf(error: unknown, bodyBytesMax: number): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Unavailable) {
    const seconds = Math.max(1, Math.ceil(error.retryAfterSeconds));
    return new Refusal(
      'unavailable',
      'The events could not be stored now; nothing was taken. Send them again.',
      {
        headers: { 'retry-after': String(seconds) },
      },
    );
  }
  const status = statusOf(error);
  if (status === 413)
    return new Refusal(
      'too_large',
      `The body is larger than ${bodyBytesMax} bytes; send the events in smaller batches.`,
    );
  if (status === 415)
    return new Refusal('unsupported', 'The Content-Type is not a media type; send application/json.');
  if (status >= 400 && status < 500 && error instanceof Error)
    return new Refusal('invalid', error.message, { status });
  return new Refusal(
    'error',
    'Something failed on this side; nothing was promised. Send the request again later.',
  );
}
