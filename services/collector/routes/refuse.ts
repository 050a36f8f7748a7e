import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, sendProblem, statusOf } from '../../../platform/http/problem.ts';
import { Unavailable } from '../publish/publisher.ts';
import { Refusal } from '../refusal.ts';

/** The refusal for any error that a handler threw. The messages of unexpected errors are not sent. */
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

/** Sends a refusal as a problem, and logs it if an operator has to know. */
export function sendRefusal(
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
  error: unknown,
): FastifyReply {
  if (refusal.reason === 'error') request.log.error({ err: error }, 'request failed');
  if (refusal.reason === 'unavailable') request.log.warn({ err: error }, 'events refused: the log is away');
  // With `Connection: close`, a sender that is still writing would lose the answer to a connection reset.
  if (refusal.reason === 'too_large') reply.removeHeader('connection');
  return sendProblem(reply, problemOf(refusal.status, refusal.message, refusal.errors), refusal.headers);
}
