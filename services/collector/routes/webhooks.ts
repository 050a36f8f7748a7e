import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Catalogue } from '../../../domain/catalogue/model.ts';
import { problemOf, sendProblem } from '../../../platform/http/problem.ts';
import { admit, admitByToken, signsBody, type WebhookSecrets } from '../access/webhooks.ts';
import { type Ingestion, publish } from '../ingest/ingest.ts';
import { parseRequest, type UnparsableRequest } from '../ingest/parse-request.ts';
import { reportUnknownServices } from '../observer.ts';
import { type DeadRequests, writable } from '../publish/dead-requests.ts';
import { Refusal } from '../refusal.ts';
import { sources } from '../sources/index.ts';
import type { Source, ToolRequest } from '../sources/source.ts';

export interface WebhookOptions extends Ingestion {
  readonly secrets: WebhookSecrets;
  readonly catalogue: () => Catalogue;
  readonly deadRequests: DeadRequests;
}

interface Params {
  readonly tool: string;
  readonly token?: string;
}

/** `POST /v1/webhooks/<tool>`, and `/v1/webhooks/<tool>/<token>` for tools that can set no header. */
export function webhookRoutes(app: FastifyInstance, options: WebhookOptions): void {
  app.decorateRequest('tool', null);
  for (const url of ['/v1/webhooks/:tool', '/v1/webhooks/:tool/:token']) {
    app.post<{ Params: Params }>(url, {
      bodyLimit: options.limits.bodyBytesMax,
      // A sender without a valid token is refused before the body is read, unless the tool signs the body.
      onRequest: async request => {
        const source = sourceOf(request.params.tool);
        request.entry = source.tool;
        if (!signsBody(source, options.secrets))
          admitByToken(request.headers.authorization, request.params.token, options.secrets.tokens);
      },
      handler: (request, reply) => take(options, request, reply),
    });
    app.route({
      method: ['GET', 'PUT', 'PATCH', 'DELETE'],
      url,
      onRequest: async (request, reply) =>
        sendProblem(reply, problemOf(405, `A webhook takes POST, not ${request.method}.`), { allow: 'POST' }),
      handler: async () => {},
    });
  }
}

async function take(
  options: WebhookOptions,
  request: FastifyRequest<{ Params: Params }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const source = sourceOf(request.params.tool);
  const toolRequest = toolRequestOf(request);
  const receivedAt = options.now();
  const client = admit(source, toolRequest, request.params.token, options.secrets, receivedAt);
  const context = { catalogue: options.catalogue(), receivedAt };
  const parsed = parseRequest(source, toolRequest, context, client);
  const keep = async ({ reason, detail, error }: UnparsableRequest) => {
    const details = { tool: source.tool, client: client.name, receivedAt, reason, detail };
    await options.deadRequests.keep(writable({ ...toolRequest, ...details }));
    options.observer.kept(source.tool, reason);
    const level = error === undefined ? 'warn' : 'error';
    request.log[level]({ tool: source.tool, reason, detail, err: error }, 'a webhook was put aside');
  };
  if ('reason' in parsed) {
    await keep(parsed);
    return reply.code(202).send({ accepted: 0 });
  }
  if (parsed.incomplete !== null) await keep({ reason: 'unmappable', detail: parsed.incomplete });
  reportUnknownServices(options.observer, source.tool, context.catalogue, parsed.unknownServices);
  const trace = request.traceContext ?? null;
  const accepted = await publish(options, source.tool, parsed.events, client, receivedAt, trace);
  return reply.code(202).send({ accepted });
}

function sourceOf(tool: string): Source {
  const source = sources.get(tool);
  if (source) return source;
  const known = [...sources.keys()].join(', ');
  throw new Refusal('invalid', `There is no webhook of this name; there are ${known}.`, { status: 404 });
}

function toolRequestOf(request: FastifyRequest): ToolRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ]);
  const query = Object.entries(request.query as Record<string, string | string[]>).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.at(-1) : value,
  ]);
  return {
    headers: Object.fromEntries(headers),
    query: Object.fromEntries(query),
    body: request.body instanceof Buffer ? request.body : Buffer.alloc(0),
  };
}
