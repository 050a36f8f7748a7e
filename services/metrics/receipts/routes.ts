import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, sendProblem } from '../../../platform/http/problem.ts';
import type { Store } from '../../../store/schema/tables.ts';
import type { Period } from '../live/aggregates.ts';
import type { StreamColumns } from '../live/columns.ts';
import type { QueryFault } from '../web/query.ts';
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
  /** Streams with their observations of the period; others may be among them. */
  readonly streamsBetween: (
    from: number,
    to: number,
    of: { readonly service: string | null; readonly team: string | null },
  ) => Promise<readonly StreamColumns[]>;
  readonly pageHeaders: Readonly<Record<string, string>>;
  /** A page that says one thing, such as why there is nothing else. */
  readonly messagePage: (title: string, streams: readonly string[]) => string;
}

/** An answer before it is said: in JSON, or on a page. */
type Outcome<T> =
  | { readonly found: T }
  | { readonly status: 400 | 404 | 503; readonly detail: string; readonly faults?: readonly QueryFault[] };

type Query = Readonly<Record<string, unknown>>;

/** The receipts of every number and the stories of changes: as JSON below `/api/v1`, and for people. */
export function receiptRoutes(app: FastifyInstance, options: ReceiptOptions): void {
  const { db, timezone, now } = options;

  app.get<{ Querystring: Query }>('/api/v1/receipts', async (request, reply) =>
    sayJson(reply, await receiptOf(request, request.query, true)),
  );
  app.get<{ Querystring: Query }>('/receipts', async (request, reply) =>
    sayPage(reply, await receiptOf(request, request.query, false), receipt =>
      receiptPage(receipt, request.query),
    ),
  );
  // The names are read from the address as it was sent: they may hold slashes and percent signs.
  app.get('/api/v1/changes/*', async (request, reply) => sayJson(reply, await storyOf(request)));
  app.get('/changes/*', async (request, reply) =>
    sayPage(reply, await storyOf(request), story => storyPage(story, timezone)),
  );

  async function receiptOf(
    request: FastifyRequest,
    query: Query,
    strict: boolean,
  ): Promise<Outcome<Receipt>> {
    const asked = readReceiptQuery(query, now(), timezone, strict);
    if (Array.isArray(asked))
      return { status: 400, detail: 'The query cannot be answered.', faults: asked as QueryFault[] };
    return reading(request, async () => {
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
    { from, to }: Period,
  ): Promise<StreamColumns[]> {
    const streams = await options.streamsBetween(from, to, asked);
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
    return reading(request, async () => {
      const found = await changeStory(db, service, change, now());
      return found
        ? { found }
        : { status: 404, detail: `No event of ${service} names the change ${change}.` };
    });
  }

  function sayPage<T>(reply: FastifyReply, outcome: Outcome<T>, page: (found: T) => string): FastifyReply {
    reply.headers(options.pageHeaders);
    if ('found' in outcome) return reply.send(page(outcome.found));
    if (outcome.status === 503) reply.header('retry-after', '5');
    const streams = outcome.faults?.map(({ field, detail }) => `${field} ${detail}.`) ?? [outcome.detail];
    return reply.code(outcome.status).send(options.messagePage(titles[outcome.status], streams));
  }
}

const titles = {
  400: 'This address cannot be answered',
  404: 'Nothing is known of this',
  503: 'The database does not answer',
} as const;

function sayJson<T>(reply: FastifyReply, outcome: Outcome<T>): FastifyReply {
  if ('found' in outcome) return reply.send(outcome.found);
  const { status, detail, faults } = outcome;
  return sendProblem(reply, problemOf(status, detail, faults), status === 503 ? { 'retry-after': '5' } : {});
}

async function reading<T>(request: FastifyRequest, read: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await read();
  } catch (error) {
    request.log.warn({ err: error }, 'receipts could not be read');
    return { status: 503, detail: 'The database does not answer; try again in a few seconds.' };
  }
}

function nothingKnown(asked: {
  readonly service: string | null;
  readonly team: string | null;
  readonly environment: string;
}): string {
  const about = [
    asked.service === null ? '' : `the service ${asked.service}`,
    asked.team === null ? '' : `the team ${asked.team}`,
  ].filter(part => part !== '');
  return `Nothing is known of ${about.join(' of ')} in ${asked.environment}.`;
}

/** `…/changes/<service>/<change>`, each with encodeURIComponent; slashes of a change may stand as they are. */
function namesIn(url: string): { service: string; change: string } | null {
  const [path = ''] = url.split('?');
  const rest = path.replace(/^(\/api\/v1)?\/changes\//, '');
  const slash = rest.indexOf('/');
  if (slash <= 0 || slash === rest.length - 1) return null;
  try {
    const [service, change] = [rest.slice(0, slash), rest.slice(slash + 1)].map(decodeURIComponent);
    // PostgreSQL knows no NUL, so no name has one.
    return service && change && !`${service}${change}`.includes('\0') ? { service, change } : null;
  } catch {
    return null;
  }
}
