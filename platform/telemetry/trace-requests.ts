import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { TraceContext, Tracing } from './spans.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The parent for spans of this request; null when the request is not traced. */
    traceContext: TraceContext | null;
  }
}

export interface TraceRequestsOptions {
  /** null: no request is traced, and `request.traceContext` is always null. */
  readonly tracing: Tracing | null;
}

/** Machines request these every few seconds. */
const untraced = new Set<string | undefined>(['/livez', '/readyz', '/metrics']);

/**
 * A Fastify plugin that begins a server span for each request, as a child of the client's `traceparent`, and puts its
 * context in `request.traceContext`. It must be registered before the routes and applies to all of them.
 *
 * A path or a query may hold a token, so only the template of the route is exported.
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

// Makes the decorator and the hook visible outside this plugin, as fastify-plugin does.
Object.assign(traceRequests, { [Symbol.for('skip-override')]: true });

/** Other methods are exported as `_OTHER`: a client can invent any number of them. */
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
  // Fastify's onResponse hook is not called when the client hangs up.
  reply.raw.once('close', () => {
    const { statusCode, headersSent, writableFinished } = reply.raw;
    if (headersSent) span.set({ 'http.response.status_code': statusCode });
    if (!writableFinished) span.fail('hung_up');
    else if (statusCode >= 500) span.fail(String(statusCode));
    span.end();
  });
}
