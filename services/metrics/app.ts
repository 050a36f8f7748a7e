import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import type { Registry } from 'prom-client';
import { defaultEnvironment } from '../../domain/events/event.ts';
import { guard } from '../../platform/http/access.ts';
import { healthRoutes } from '../../platform/http/health.ts';
import type { Store } from '../../store/schema/tables.ts';
import { exportRoutes } from './export/routes.ts';
import { History } from './live/cache/history.ts';
import type { Snapshot } from './live/snapshot.ts';
import type { ObservationSource } from './live/source.ts';
import { scrapeRoutes } from './prometheus/routes.ts';
import { receiptRoutes } from './receipts/routes.ts';
import { Reports } from './report/cache/reports.ts';
import { warmUp } from './report/charts/echarts.ts';
import { streamsBetween } from './report/read-report.ts';
import { reportRoutes } from './report/routes.ts';
import { scorecardRoutes } from './scorecard/routes.ts';
import { Scorecards } from './scorecard/scorecards.ts';
import { addDemoBanner } from './web/demo-banner.ts';

export interface MetricsOptions {
  readonly snapshot: Snapshot;
  /** Asked for what the snapshot does not hold: reports that go back further. */
  readonly source: ObservationSource;
  /** The metrics of the process, sent after the snapshot. */
  readonly registry: Registry;
  /** When set, needed for everything but /livez and /readyz. */
  readonly readToken: string | undefined;
  /** Zone of the weekly report. */
  readonly timezone: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The address at which people reach this server; absent: as the request says. */
  readonly publicUrl?: string;
  /** Whether sending events needs a token; the first page says so. Default false. */
  readonly tokenNeeded?: boolean;
  /** Whether the store holds the demo's data: every page says so then. Absent: it does not. */
  readonly isDemo?: () => Promise<boolean>;
  /** The store, for receipts and the stories of changes; absent: there are none. */
  readonly db?: Store;
  /** Whether /livez and /readyz are answered here. Default true. */
  readonly health?: boolean;
}

/** Made by `npm run openapi` from what each service says of itself, the collector included. */
const openApi = readFileSync(new URL('openapi.json', import.meta.url), 'utf8');

/** A Fastify plugin: `GET /metrics`, the weekly page at `/`, the API, and /livez and /readyz. */
export const metricsRoutes: FastifyPluginCallback<MetricsOptions> = (app, options, done) => {
  const { snapshot } = options;
  if (options.health ?? true) healthRoutes(app, { alive: () => snapshot.alive, ready: () => snapshot.ready });
  // A scope of its own: the health paths need no token.
  app.register((scope, _options, registered) => {
    registerReaderRoutes(scope, options);
    registered();
  });
  done();
};

function registerReaderRoutes(app: FastifyInstance, options: MetricsOptions): void {
  const {
    snapshot,
    source,
    registry,
    readToken,
    timezone,
    now,
    db,
    publicUrl,
    tokenNeeded = false,
  } = options;
  guard(app, readToken);
  if (options.isDemo) addDemoBanner(app, options.isDemo);

  const scorecards = new Scorecards({ source, now });
  snapshot.onInvalidation(invalidated => scorecards.invalidate(invalidated && [...invalidated.keys()]));
  const history = new History({ snapshot, source, now });
  snapshot.onInvalidation(invalidated => history.invalidate(invalidated));
  const sources = { snapshot, source, history, timezone, now };
  const reports = new Reports(sources);

  app.get('/api/v1/openapi.json', (_request, reply) => reply.type('application/json').send(openApi));
  scrapeRoutes(app, { snapshot, registry });
  reportRoutes(app, { reports, scorecards, timezone, now, publicUrl, tokenNeeded });
  scorecardRoutes(app, { scorecards, timezone, now });
  exportRoutes(app, { source, now });
  if (db)
    receiptRoutes(app, {
      db,
      timezone,
      now,
      streamsBetween: (period, query) => streamsBetween(sources, period, query),
    });

  // Charts and scorecards are loaded before the first reader of the page asks for them.
  app.addHook('onListen', async () => {
    setImmediate(warmUp);
    const everything = { environment: defaultEnvironment, service: null, team: null };
    scorecards.of(everything, { from: now(), to: now() }).catch(() => {});
  });
}
