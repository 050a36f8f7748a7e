import type { FastifyReply } from 'fastify';
import { problemOf, sendProblem } from '../../../platform/http/problem.ts';
import { documentHtml, escapeHtml } from './html.ts';
import type { QueryFault } from './query.ts';

/** The headers of every page: it loads and runs nothing, and no other site may frame it. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/** Seconds after which a request that found the database away may be tried again. */
const retryAfter = { 'retry-after': '5' };
export const databaseAway = 'The database does not answer; try again in a few seconds.';
export const unanswerable = 'The query cannot be answered.';

/** The faults of a query, as JSON. */
export function sendFaults(reply: FastifyReply, faults: readonly QueryFault[]): FastifyReply {
  return sendProblem(reply, problemOf(400, unanswerable, faults));
}

/** The database does not answer, as JSON. */
export function sendDatabaseAway(reply: FastifyReply): FastifyReply {
  return sendProblem(reply, problemOf(503, databaseAway), retryAfter);
}

const titles = {
  400: 'This address cannot be answered',
  404: 'Nothing is known of this',
  503: 'The database does not answer',
} as const;

/** A page that says why there is nothing else, one paragraph per line. */
export function sendMessagePage(
  reply: FastifyReply,
  status: keyof typeof titles,
  lines: readonly string[],
): FastifyReply {
  if (status === 503) reply.headers(retryAfter);
  const title = titles[status];
  const paragraphs = lines.map(line => `<p>${escapeHtml(line)}</p>`).join('\n');
  const html = documentHtml(
    title,
    `<p class="brand">Firstlight</p>\n<h1>${title}</h1>\n${paragraphs}\n<p><a href="/">To the weekly page</a></p>`,
  );
  return reply.code(status).headers(pageHeaders).send(html);
}

/** `weeks must be a whole number from 1 to 53.` */
export function faultTexts(faults: readonly QueryFault[]): string[] {
  return faults.map(({ field, detail }) => `${field} ${detail}.`);
}
