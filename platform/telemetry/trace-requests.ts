import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { TraceContext, Tracing } from './spans.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The parent of what is done for this request; null when it is not traced. */
    traceContext: TraceContext | null;
  }
}

export interface TraceRequestsOptions {
  /** null: `request.traceContext` is null, and nothing else is done. */
  readonly tracing: Tracing | null;
}

/** Asked for every few seconds, by machines. */
const untraced = new Set<string | undefined>(['/livez', '/readyz', '/metrics']);

/**
 * A Fastify plugin: each request is a server span, child of the sender's `traceparent`, and
 * `request.traceContext` its context. Register it before the routes; it reaches all of them.
 *
 * A path or a query may hold a token, so only the route's template is ever exported.
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
export const traceRequests: FastifyPluginCallback<TraceRequestsOptions> = (app, { tracing }, done) => {
  app.decorateRequest('traceContext', null);
  if (tracing !== null)
    app.addHook('onRequest', (request, reply, next) => {
      if (!untraced.has(request.routeOptions.url)) trace(tracing, request, reply);
      next();
    });
  done();
};

// Else Fastify would keep decorator and hook to this plugin; fastify-plugin does no other.
Object.assign(traceRequests, { [Symbol.for('skip-override')]: true });

/** Others are written as `_OTHER`, for anybody can make them up. */
const knownMethods = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
]);

function trace(tracing: Tracing, request: FastifyRequest, reply: FastifyReply): void {
  const { url: route } = request.routeOptions;
  const isKnown = knownMethods.has(request.method);
  const name = isKnown ? request.method : 'HTTP';
  const span = tracing.startSpan(route === undefined ? name : `${name} ${route}`, {
    kind: 'server',
    parent: tracing.contextOf(request.headers),
    attributes: {
      'http.request.method': isKnown ? request.method : '_OTHER',
      'http.route': route,
      'url.path': route,
      'url.scheme': request.protocol,
      'server.address': request.hostname || undefined,
      'server.port': request.port ?? undefined,
    },
  });
  if (span === null) return;
  request.traceContext = span.context;
  // Fastify's onResponse does not come when the sender hangs up.
  reply.raw.once('close', () => {
    const { statusCode, headersSent, writableFinished } = reply.raw;
    if (headersSent) span.set({ 'http.response.status_code': statusCode });
    if (!writableFinished) span.fail('hung_up');
    else if (statusCode >= 500) span.fail(String(statusCode));
    span.end();
  });
}
