import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import { problemOf, sendProblem, statusOf } from './problem.ts';

export interface ServerOptions {
  /** A pino logger, or another logger with its interface. */
  readonly logger: FastifyBaseLogger;
  /** Largest request body in bytes; a route may set its own limit. */
  readonly bodyBytesMax: number;
}

/** How long a whole request may take to arrive, in milliseconds. */
const requestTimeout = 60_000;
/** How long a connection may be silent within a request, in milliseconds; longer than publishing takes. */
const connectionTimeout = 120_000;
/** How long an idle connection stays open, in milliseconds: longer than with load balancers (60 s). */
const keepAliveTimeout = 72_000;

/**
 * An HTTP server that does not listen yet. Errors and unknown paths are answered as `application/problem+json`.
 * When it closes, it finishes the requests under way and closes idle connections.
 */
export function buildServer({ logger, bodyBytesMax }: ServerOptions): FastifyInstance {
  const app: FastifyInstance = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    requestTimeout,
    connectionTimeout,
    keepAliveTimeout,
    http: { headersTimeout: 30_000 },
    // Fastify's defaults would change the body: "50" would become 50 and a misspelt field would vanish.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => {
      void sendFailure(request, reply, error);
    },
  });
  app.setErrorHandler((error, request, reply) => sendFailure(request, reply, error));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, problemOf(404, `There is no ${request.method} ${request.url.split('?')[0]} here.`)),
  );
  closeAnsweredConnections(app);
  return app;
}

/** Closes each connection with its answer while the server closes; otherwise `close()` would wait until it is idle. */
function closeAnsweredConnections(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done(null, payload);
  });
}

/** Tells the client about its own error. An error of the server is logged and not disclosed. */
function sendFailure(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const status = statusOf(error);
  if (status >= 400 && status < 500 && error instanceof Error)
    return sendProblem(reply, problemOf(status, error.message));
  request.log.error({ err: error }, 'request failed');
  return sendProblem(reply, problemOf(500, 'Something failed on this side. Send the request again later.'));
}
