import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Catalogue } from '../../../domain/catalogue/model.ts';
import { problemOf, sendProblem } from '../../../platform/http/problem.ts';
import { admitBearer, type Client, type Token } from '../access/tokens.ts';
import { type Ingestion, ingest } from '../ingest/ingest.ts';
import { reportUnknownServices } from '../observer.ts';
import { formOf, itemsOf } from '../sources/native/native.ts';

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
    // A sender without a token, or with an unsupported form, is refused before the body is read.
    onRequest: (request, _reply, done) => {
      request.setDecorator<Client>('client', admitBearer(request.headers.authorization, tokens));
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
      reportUnknownServices(
        options.observer,
        'events',
        catalogue,
        items.flatMap(item => item.unknownServices ?? []),
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

/**
 * Grants the handshake to any origin: its events need a token anyway.
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
