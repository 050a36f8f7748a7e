import type { FastifyPluginAsync } from 'fastify';
import { type Catalogue, emptyCatalogue } from '../../domain/catalogue/catalogue.ts';
import { healthRoutes, type Probe } from '../../platform/http/health.ts';
import type { Token } from './access/tokens.ts';
import { defaultLimits, type Limits } from './config.ts';
import { type Entry, type IngestObserver, silentObserver } from './observer.ts';
import type { Publisher } from './publish/publisher.ts';
import { eventsRoutes } from './routes/events.ts';
import { logsRoutes } from './routes/logs.ts';
import { refusalOf } from './routes/refusal.ts';
import { sendRefusal } from './routes/send-refusal.ts';
import { type WebhookOptions, webhookRoutes } from './routes/webhooks.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The way in that the request took. */
    entry: Entry;
  }
}

export interface CollectorOptions {
  readonly publisher: Publisher;
  /** Who may write; empty: anyone, as the client `anonymous`. */
  readonly tokens: readonly Token[];
  /** Default 5 MB and 5,000 events. */
  readonly limits?: Partial<Limits>;
  /** Absent: the tools' own webhooks are not answered. */
  readonly webhooks?: Pick<WebhookOptions, 'secrets' | 'deadRequests'>;
  /** What is known of the services now; default nothing. */
  readonly catalogue?: () => Catalogue;
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
  /** Whether events can be taken now, for `/readyz`. */
  readonly ready?: Probe;
  readonly observer?: IngestObserver;
  /** Whether to answer `/livez` and `/readyz`; false where another service on the same server does. Default true. */
  readonly health?: boolean;
}

/**
 * The collector as a Fastify plugin: `POST /v1/events`, `POST /v1/logs`, the tools' webhooks and, unless switched off, the health paths.
 * Register it on a server of its own or beside the metrics service; its parsers and error answers stay inside.
 */
export function buildCollector(options: CollectorOptions): FastifyPluginAsync {
  const limits = { ...defaultLimits, ...options.limits };
  const observer = options.observer ?? silentObserver;
  return async app => {
    // Bodies are read as bytes: each form is decoded here, where its faults can be named.
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
