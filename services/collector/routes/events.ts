import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Catalogue } from '../../../domain/catalogue/catalogue.ts';
import { problemOf, sendProblem } from '../../../platform/http/problem.ts';
import { authenticate, type Client, type Token } from '../access/tokens.ts';
import { reportUnknown } from '../observer.ts';
import { formOf, itemsOf } from '../sources/native/events.ts';
import { type Ingestion, ingest } from './ingest.ts';
import { unauthorized } from './refusal.ts';

export interface EventsOptions extends Ingestion {
  readonly tokens: readonly Token[];
  readonly catalogue: () => Catalogue;
}

const path = '/v1/events';
const allow = 'POST, OPTIONS';

/** `POST /v1/events`: native events and CloudEvents. `OPTIONS`: the CloudEvents webhook handshake. */
export function eventsRoutes(app: FastifyInstance, options: EventsOptions): void {
  const { tokens, limits } = options;
  app.decorateRequest('client', null);

  app.post(path, {
    bodyLimit: limits.bodyBytesMax,
    // Who may not write, or sends what nobody reads, is told so before the body is taken in.
    onRequest: (request, _reply, done) => {
      request.setDecorator<Client>('client', clientOf(request, tokens));
      formOf(request.headers);
      done();
    },
    handler: async (request, reply) => {
      const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
      const catalogue = options.catalogue();
      const form = formOf(request.headers);
      const items = itemsOf(form, request.headers, body, limits.batchEventsMax, { catalogue, query: {} });
      const client = request.getDecorator<Client>('client');
      const accepted = await ingest(options, 'events', client, items, request.traceContext ?? null);
      reportUnknown(
        options.observer,
        'events',
        catalogue,
        items.flatMap(item => item.unknown ?? []),
      );
      return reply.code(202).send({ accepted });
    },
  });

  app.options(path, { handler: answerHandshake });
  app.route({
    method: ['GET', 'PUT', 'PATCH', 'DELETE'],
    url: path,
    onRequest: async (request, reply) =>
      sendProblem(reply, problemOf(405, `${path} takes POST, not ${request.method}.`), { allow }),
    handler: async () => {},
  });
}

function clientOf(request: FastifyRequest, tokens: readonly Token[]): Client {
  const client = authenticate(request.headers.authorization, tokens);
  if (client) return client;
  throw unauthorized('Send a known token in the header `Authorization: Bearer TOKEN`.');
}

/**
 * Any origin may ask to send; what it sends needs a token all the same.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
 */
async function answerHandshake(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const origin = request.headers['webhook-request-origin'];
  if (typeof origin !== 'string') return reply.code(204).header('allow', allow).send();
  return reply
    .code(200)
    .headers({ allow: 'POST', 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' })
    .send();
}
