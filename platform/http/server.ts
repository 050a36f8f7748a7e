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
  /** A pino logger, or anything of its shape. */
  readonly logger: FastifyBaseLogger;
  /** Largest request body in bytes; a route may set its own. */
  readonly bodyBytesMax: number;
}

/** How long a whole request may take to arrive, in milliseconds. */
const requestTimeout = 60_000;
/** How long a connection may stay silent within a request, in milliseconds; publishing must fit in. */
const connectionTimeout = 120_000;
/** How long an idle connection is kept, in milliseconds: longer than load balancers keep theirs (60 s). */
const keepAliveTimeout = 72_000;

/**
 * An HTTP server that does not listen yet. What no route answers for is answered as `application/problem+json`.
 * On closing, requests under way are finished and idle connections are closed.
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
    // Fastify's defaults would change what was sent: "50" would become 50 and a misspelt field would vanish.
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
  closeConnectionsOnClosing(app);
  return app;
}

/** A connection whose last answer is sent while the server closes would else be kept, and closing wait for it. */
function closeConnectionsOnClosing(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done(null, payload);
  });
}

/** What the sender did wrong is said; what went wrong here is logged, and stays here. */
function sendFailure(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const status = statusOf(error);
  if (status >= 400 && status < 500 && error instanceof Error)
    return sendProblem(reply, problemOf(status, error.message));
  request.log.error({ err: error }, 'request failed');
  return sendProblem(reply, problemOf(500, 'Something failed on this side. Send the request again later.'));
}
