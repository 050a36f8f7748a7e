import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';

/**
 * Problem details for HTTP, sent as `application/problem+json`; `E` is one entry of `errors`.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export interface Problem<E = unknown> {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly E[];
}

/** @param errors the faults of the single items of a request */
export function problemOf<E>(status: number, detail: string, errors?: readonly E[]): Problem<E> {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail, ...(errors && { errors }) };
}

/** Sends a problem, with `headers` in addition. */
export function sendProblem(
  reply: FastifyReply,
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): FastifyReply {
  return reply
    .code(problem.status)
    .headers(headers)
    .header('content-type', 'application/problem+json')
    .send(Buffer.from(JSON.stringify(problem))); // for a string, Fastify would add a charset, which this media type lacks
}

/** The HTTP status of one of Fastify's errors; 500 for any other error. */
export function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500;
  return typeof error.statusCode === 'number' ? error.statusCode : 500;
}
