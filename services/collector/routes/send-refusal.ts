import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, sendProblem } from '../../../platform/http/problem.ts';
import type { Refusal } from './refusal.ts';

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
