import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Catalogue } from '../../../domain/catalogue/catalogue.ts';
import { problemOf, sendProblem } from '../../../platform/http/problem.ts';
import { authenticate, type Client, mayWrite, type Token } from '../access/tokens.ts';
import { Estimates } from '../evaluations/estimates.ts';
import type { RefusalReason } from '../observer.ts';
import { checkEncoding, encodingOf, mediaTypes, readRecords, writeAnswer } from '../sources/otlp/encoding.ts';
import { type ParsedLogs, readLogs } from '../sources/otlp/otlp-logs.ts';
import { type Ingestion, publish } from './ingest.ts';
import { Refusal, refusalOf, unauthorized } from './refusal.ts';

export interface LogsOptions extends Ingestion {
  readonly tokens: readonly Token[];
  readonly catalogue: () => Catalogue;
}

const path = '/v1/logs';
/** An OpenTelemetry Collector gathers thousands of records: its requests may be larger than others by this. */
const bodyFactor = 4;

/** The codes of google.rpc.Code that fit our refusals. @see https://grpc.io/docs/guides/status-codes/ */
const codes: Readonly<Record<RefusalReason, number>> = {
  invalid: 3,
  unauthorized: 16,
  forbidden: 7,
  too_large: 8,
  unsupported: 3,
  unavailable: 14,
  error: 13,
};

/**
 * `POST /v1/logs`: OTLP over HTTP, of which events about feature flags are read and all else is taken and let go.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export function logsRoutes(app: FastifyInstance, options: LogsOptions): void {
  const { tokens, limits, publisher, observer, now } = options;
  const bytesMax = limits.bodyBytesMax * bodyFactor;
  const estimates = new Estimates({ publisher, observer, now, logger: app.log });
  app.addHook('onClose', () => estimates.stop());

  app.post(path, {
    bodyLimit: bytesMax,
    // Who may not write, or sends what nobody reads, is told so before the body is taken in.
    onRequest: async request => {
      request.entry = 'logs';
      clientOf(request, tokens);
      checkEncoding(request.headers);
    },
    errorHandler: (error, request, reply) => refuse(refusalOf(error, bytesMax), error, request, reply),
    handler: async (request, reply) => {
      const client = clientOf(request, tokens);
      const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
      const records = await readRecords(request.headers, body, bytesMax);
      const catalogue = options.catalogue();
      const receivedAt = now();
      const told = allowedTo(client, readLogs(records, { catalogue, receivedAt }));
      if (told.events.length > limits.batchEventsMax)
        throw new Refusal('too_large', `Send at most ${limits.batchEventsMax} changes of flags at once.`);
      // Evaluations come last: the sender repeats a request that fails.
      await publish(options, 'logs', told.events, client, receivedAt, request.traceContext ?? null);
      estimates.take(told.evaluations);
      if (catalogue.services.length > 0) observer.unknown('logs', told.unknown);
      if (told.rejected.length > 0) observer.refused('logs', 'invalid', told.rejected.length);
      return send(request, reply.code(200), 'ExportLogsServiceResponse', responseOf(told));
    },
  });
  app.route({
    method: ['GET', 'PUT', 'PATCH', 'DELETE'],
    url: path,
    onRequest: async (request, reply) =>
      sendProblem(reply, problemOf(405, `${path} takes POST, not ${request.method}.`), { allow: 'POST' }),
    handler: async () => {},
  });

  function refuse(refusal: Refusal, error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
    observer.refused('logs', refusal.reason, refusal.count);
    if (refusal.reason === 'error') request.log.error({ err: error }, 'request failed');
    if (refusal.reason === 'unavailable') request.log.warn({ err: error }, 'logs refused: the log is away');
    // Closing while the sender still writes would reset the connection, and the answer would be lost with it.
    if (refusal.reason === 'too_large') reply.removeHeader('connection');
    const status = { code: codes[refusal.reason], message: refusal.message };
    return send(request, reply.code(refusal.status).headers(refusal.headers), 'Status', status);
  }
}

function clientOf(request: FastifyRequest, tokens: readonly Token[]): Client {
  const client = authenticate(request.headers.authorization, tokens);
  if (client) return client;
  throw unauthorized('Send a known token in the header `Authorization: Bearer TOKEN`.');
}

/** Records of services that the client may not write are rejected one by one: others may share the request. */
function allowedTo(client: Client, told: ParsedLogs): ParsedLogs {
  const events = told.events.filter(({ service }) => mayWrite(client, service));
  const evaluations = told.evaluations.filter(({ service }) => mayWrite(client, service));
  const refused = told.events.length + told.evaluations.length - (events.length + evaluations.length);
  const detail = `The token ${client.name} may not write this service.`;
  return { ...told, events, evaluations, rejected: [...told.rejected, ...Array(refused).fill(detail)] };
}

function responseOf({ rejected }: ParsedLogs): object {
  if (rejected.length === 0) return {};
  const details = [...new Set(rejected)];
  const more = details.length > 5 ? ' And more of the kind.' : '';
  // Numbers of 64 bits are text in OTLP's JSON.
  const rejectedLogRecords = String(rejected.length);
  return { partialSuccess: { rejectedLogRecords, errorMessage: `${details.slice(0, 5).join(' ')}${more}` } };
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  type: 'ExportLogsServiceResponse' | 'Status',
  message: object,
): FastifyReply {
  const encoding = encodingOf(request.headers) ?? 'json';
  return reply.header('content-type', mediaTypes[encoding]).send(writeAnswer(encoding, type, message));
}
