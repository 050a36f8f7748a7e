import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Problem, problemOf, type Refusal } from './refusal.ts';

/** Sends a problem of RFC 9457; `headers` are added. */
export function sendProblem(
  reply: FastifyReply,
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): FastifyReply {
  return reply
    .code(problem.status)
    .headers(headers)
    .header('content-type', 'application/problem+json')
    .send(Buffer.from(JSON.stringify(problem))); // to text Fastify would add a charset, which this type has not
}

/** Sends a refusal, and logs what an operator should know of it. */
export function sendRefusal(
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
  error: unknown,
): FastifyReply {
  if (refusal.reason === 'error') request.log.error({ err: error }, 'request failed');
  if (refusal.reason === 'unavailable') request.log.warn({ err: error }, 'events refused: the log is away');
  // Closing while the sender still writes would reset the connection, and the answer would be lost with it.
  if (refusal.reason === 'too_large') reply.removeHeader('connection');
  return sendProblem(reply, problemOf(refusal.status, refusal.message, refusal.errors), refusal.headers);
}
