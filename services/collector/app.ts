import type { FastifyPluginAsync } from 'fastify';
import { type Catalogue, emptyCatalogue } from '../../domain/catalogue/model.ts';
import { healthRoutes, type Probe } from '../../platform/http/health.ts';
import type { Token } from './access/tokens.ts';
import { defaultLimits, type Limits } from './config.ts';
import { type Entry, type IngestObserver, silentObserver } from './observer.ts';
import type { Publisher } from './publish/publisher.ts';
import { eventsRoutes } from './routes/events.ts';
import { logsRoutes } from './routes/logs.ts';
import { refusalOf, sendRefusal } from './routes/refuse.ts';
import { type WebhookOptions, webhookRoutes } from './routes/webhooks.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The kind of the request, for counters. */
    entry: Entry;
  }
}

export interface CollectorOptions {
  readonly publisher: Publisher;
  /** Tokens that may write; empty: any sender may write, as the client `anonymous`. */
  readonly tokens: readonly Token[];
  /** Default 5 MB and 5,000 events. */
  readonly limits?: Partial<Limits>;
  /** Absent: there are no webhooks. */
  readonly webhooks?: Pick<WebhookOptions, 'secrets' | 'deadRequests'>;
  /** The current catalogue; default: empty. */
  readonly catalogue?: () => Catalogue;
  /** The clock, in milliseconds since 1970; default: `Date.now`. */
  readonly now?: () => number;
  /** Whether events can be accepted now, for `/readyz`. */
  readonly ready?: Probe;
  readonly observer?: IngestObserver;
  /** Whether to answer `/livez` and `/readyz`. Default true; false if another service on the server answers them. */
  readonly health?: boolean;
}

/**
 * The collector as a Fastify plugin: `POST /v1/events`, `POST /v1/logs`, the tools' webhooks and, unless switched off,
 * the health paths. It can share a server with the metrics service: its body parsers and error handler are its own.
 */
export function buildCollector(options: CollectorOptions): FastifyPluginAsync {
  const limits = { ...defaultLimits, ...options.limits };
  const observer = options.observer ?? silentObserver;
  return async app => {
    // Bodies stay bytes: each route decodes them itself, to name their faults.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.decorateRequest('entry', 'events');
    app.setErrorHandler((error, request, reply) => {
      const refusal = refusalOf(error, limits.bodyBytesMax);
      observer.refused(request.entry, refusal.reason, refusal.count);
      return sendRefusal(request, reply, refusal, error);
    });
    const { publisher, tokens, webhooks, catalogue = () => emptyCatalogue, now = Date.now } = options;
    const ingestion = { publisher, limits, now, observer };
    eventsRoutes(app, { ...ingestion, tokens, catalogue });
    logsRoutes(app, { ...ingestion, tokens, catalogue });
    if (webhooks) webhookRoutes(app, { ...ingestion, ...webhooks, catalogue });
    if (options.health ?? true) healthRoutes(app, { ready: options.ready ?? (() => true) });
  };
}
