import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, sendProblem } from '../../../platform/http/problem.ts';
import type { Store } from '../../../store/schema/tables.ts';
import type { Period } from '../live/aggregates.ts';
import type { StreamColumns } from '../live/columns.ts';
import {
  databaseAway,
  faultTexts,
  pageHeaders,
  sendDatabaseAway,
  sendMessagePage,
  unanswerable,
} from '../web/answers.ts';
import type { Query, QueryFault } from '../web/query.ts';
import { readReceiptQuery } from './query.ts';
import { makeReceipt, type Receipt } from './receipt.ts';
import { receiptPage } from './receipt-page.ts';
import { type ChangeStory, changeStory } from './story.ts';
import { storyPage } from './story-page.ts';

export interface ReceiptOptions {
  readonly db: Store;
  /** Zone of the weeks. */
  readonly timezone: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The streams of these services with their observations of the period; other streams may be among them. */
  readonly streamsBetween: (
    period: Period,
    services: { readonly service: string | null; readonly team: string | null },
  ) => Promise<readonly StreamColumns[]>;
}

/** An answer before it is rendered as JSON or as a page. */
type Outcome<T> =
  | { readonly found: T }
  | { readonly status: 400 | 404 | 503; readonly detail: string; readonly faults?: readonly QueryFault[] };

/** The receipts of numbers and the stories of changes, as JSON below `/api/v1` and as pages. */
export function receiptRoutes(app: FastifyInstance, options: ReceiptOptions): void {
  const { db, timezone, now } = options;

  app.get<{ Querystring: Query }>('/api/v1/receipts', async (request, reply) =>
    sendJson(reply, await receiptOf(request, request.query, true)),
  );
  app.get<{ Querystring: Query }>('/receipts', async (request, reply) =>
    sendPage(reply, await receiptOf(request, request.query, false), receipt =>
      receiptPage(receipt, request.query),
    ),
  );
  // Names may contain slashes and percent signs, so they are parsed from the address as it was sent.
  app.get('/api/v1/changes/*', async (request, reply) => sendJson(reply, await storyOf(request)));
  app.get('/changes/*', async (request, reply) =>
    sendPage(reply, await storyOf(request), story => storyPage(story, timezone)),
  );

  async function receiptOf(
    request: FastifyRequest,
    query: Query,
    strict: boolean,
  ): Promise<Outcome<Receipt>> {
    const asked = readReceiptQuery(query, now(), timezone, strict);
    if (Array.isArray(asked)) return { status: 400, detail: unanswerable, faults: asked as QueryFault[] };
    return answering(request, async () => {
      const streams = await streamsOf(
        asked,
        asked.metric.windowless ? { ...asked.period, from: asked.period.to } : asked.period,
      );
      if (streams.length === 0 && (asked.service !== null || asked.team !== null))
        return { status: 404, detail: nothingKnown(asked) };
      return { found: await makeReceipt(db, streams, asked, timezone) };
    });
  }

  async function streamsOf(
    asked: { readonly service: string | null; readonly team: string | null; readonly environment: string },
    period: Period,
  ): Promise<StreamColumns[]> {
    const streams = await options.streamsBetween(period, asked);
    return streams.filter(
      ({ stream }) =>
        stream.environment === asked.environment &&
        (asked.service === null || stream.service === asked.service) &&
        (asked.team === null || stream.team === asked.team),
    );
  }

  async function storyOf(request: FastifyRequest): Promise<Outcome<ChangeStory>> {
    const names = namesIn(request.raw.url ?? '');
    if (!names)
      return {
        status: 404,
        detail: 'A change is asked for as /changes/<service>/<change>, each percent-encoded.',
      };
    const { service, change } = names;
    return answering(request, async () => {
      const found = await changeStory(db, service, change, now());
      return found
        ? { found }
        : { status: 404, detail: `No event of ${service} names the change ${change}.` };
    });
  }
}

function sendPage<T>(reply: FastifyReply, outcome: Outcome<T>, page: (found: T) => string): FastifyReply {
  if ('found' in outcome) return reply.headers(pageHeaders).send(page(outcome.found));
  const { status, detail, faults } = outcome;
  return sendMessagePage(reply, status, faults ? faultTexts(faults) : [detail]);
}

function sendJson<T>(reply: FastifyReply, outcome: Outcome<T>): FastifyReply {
  if ('found' in outcome) return reply.send(outcome.found);
  const { status, detail, faults } = outcome;
  return status === 503 ? sendDatabaseAway(reply) : sendProblem(reply, problemOf(status, detail, faults));
}

/** The outcome of a read; 503 where the database does not answer. */
async function answering<T>(request: FastifyRequest, read: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await read();
  } catch (error) {
    request.log.warn({ err: error }, 'receipts could not be read');
    return { status: 503, detail: databaseAway };
  }
}

function nothingKnown(asked: {
  readonly service: string | null;
  readonly team: string | null;
  readonly environment: string;
}): string {
  const scope = [
    asked.service === null ? '' : `the service ${asked.service}`,
    asked.team === null ? '' : `the team ${asked.team}`,
  ].filter(part => part !== '');
  return `Nothing is known of ${scope.join(' of ')} in ${asked.environment}.`;
}

/** The names in `…/changes/<service>/<change>`, each percent-encoded; a change may contain slashes as they are. */
function namesIn(url: string): { service: string; change: string } | null {
  const [path = ''] = url.split('?');
  const rest = path.replace(/^(\/api\/v1)?\/changes\//, '');
  const slash = rest.indexOf('/');
  if (slash <= 0 || slash === rest.length - 1) return null;
  try {
    const [service, change] = [rest.slice(0, slash), rest.slice(slash + 1)].map(decodeURIComponent);
    // PostgreSQL stores no NUL, so no name contains one.
    return service && change && !`${service}${change}`.includes('\0') ? { service, change } : null;
  } catch {
    return null;
  }
}
