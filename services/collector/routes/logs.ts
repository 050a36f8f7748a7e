import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Catalogue } from '../../../domain/catalogue/model.ts';
import { problemOf, sendProblem } from '../../../platform/http/problem.ts';
import { admitBearer, type Client, mayWrite, type Token } from '../access/tokens.ts';
import { Estimates } from '../evaluations/estimates.ts';
import { type Ingestion, publish } from '../ingest/ingest.ts';
import { Refusal, type RefusalReason } from '../refusal.ts';
import { checkEncoding, encodingOf, mediaTypes, readRecords, writeAnswer } from '../sources/otlp/encoding.ts';
import { type FlagRecords, parseFlagRecords } from '../sources/otlp/flag-records.ts';
import { refusalOf } from './refuse.ts';

export interface LogsOptions extends Ingestion {
  readonly tokens: readonly Token[];
  readonly catalogue: () => Catalogue;
}

const path = '/v1/logs';
/** Requests may be larger than others by this factor: an OpenTelemetry Collector batches thousands of records. */
const bodyFactor = 4;

/** The google.rpc.Code of each refusal. @see https://grpc.io/docs/guides/status-codes/ */
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
 * `POST /v1/logs`: OTLP over HTTP. Events about feature flags are parsed; other records are accepted and ignored.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export function logsRoutes(app: FastifyInstance, options: LogsOptions): void {
  const { tokens, limits, publisher, observer, now } = options;
  const bytesMax = limits.bodyBytesMax * bodyFactor;
  const estimates = new Estimates({ publisher, observer, now, logger: app.log });
  app.addHook('onClose', () => estimates.stop());

  app.post(path, {
    bodyLimit: bytesMax,
    // A sender without a token, or with an unsupported encoding, is refused before the body is read.
    onRequest: async request => {
      request.entry = 'logs';
      admitBearer(request.headers.authorization, tokens);
      checkEncoding(request.headers);
    },
    errorHandler: (error, request, reply) => refuse(refusalOf(error, bytesMax), error, request, reply),
    handler: async (request, reply) => {
      const client = admitBearer(request.headers.authorization, tokens);
      const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
      const records = await readRecords(request.headers, body, bytesMax);
      const catalogue = options.catalogue();
      const receivedAt = now();
      const logs = allowedTo(client, parseFlagRecords(records, { catalogue, receivedAt }));
      if (logs.events.length > limits.batchEventsMax)
        throw new Refusal('too_large', `Send at most ${limits.batchEventsMax} changes of flags at once.`);
      // Evaluations are counted last: if publishing fails, the sender repeats the request.
      await publish(options, 'logs', logs.events, client, receivedAt, request.traceContext ?? null);
      estimates.take(logs.evaluations);
      if (catalogue.services.length > 0) observer.unknownServices('logs', logs.unknownServices);
      if (logs.rejected.length > 0) observer.refused('logs', 'invalid', logs.rejected.length);
      return send(request, reply.code(200), 'ExportLogsServiceResponse', responseOf(logs));
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
    // With `Connection: close`, a sender that is still writing would lose the answer to a connection reset.
    if (refusal.reason === 'too_large') reply.removeHeader('connection');
    const status = { code: codes[refusal.reason], message: refusal.message };
    return send(request, reply.code(refusal.status).headers(refusal.headers), 'Status', status);
  }
}

/** Rejects the records of services that the client may not write, and keeps the other records of the request. */
function allowedTo(client: Client, logs: FlagRecords): FlagRecords {
  const events = logs.events.filter(({ service }) => mayWrite(client, service));
  const evaluations = logs.evaluations.filter(({ service }) => mayWrite(client, service));
  const refused = logs.events.length + logs.evaluations.length - (events.length + evaluations.length);
  const detail = `The token ${client.name} may not write this service.`;
  return { ...logs, events, evaluations, rejected: [...logs.rejected, ...Array(refused).fill(detail)] };
}

function responseOf({ rejected }: FlagRecords): object {
  if (rejected.length === 0) return {};
  const details = [...new Set(rejected)];
  const more = details.length > 5 ? ' And more of the kind.' : '';
  // OTLP's JSON writes 64-bit integers as text.
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
