import { Registry } from 'prom-client';
import { listen } from '../../platform/database/listen.ts';
import { listenOn, urlOf } from '../../platform/http/address.ts';
import { buildServer } from '../../platform/http/server.ts';
import type { Environment } from '../../platform/process/config.ts';
import type { Lifecycle } from '../../platform/process/lifecycle.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import { startTelemetry } from '../../platform/telemetry/telemetry.ts';
import { traceRequests } from '../../platform/telemetry/trace-requests.ts';
import { isDemo } from '../../store/schema/demo-mark.ts';
import { openStore } from '../../store/schema/open.ts';
import { agreeOnAttributionWindow } from '../../store/schema/settings.ts';
import type { Store } from '../../store/schema/tables.ts';
import {
  changeChannel,
  type Invalidation,
  parseChangeNotification,
} from '../../store/write/change-notification.ts';
import { followCatalogue } from '../catalogue/follow.ts';
import { buildCollector } from '../collector/app.ts';
import { ingestMetrics } from '../collector/observer.ts';
import { metricsRoutes } from '../metrics/app.ts';
import { Snapshot } from '../metrics/live/snapshot.ts';
import { storeSource, withTeams } from '../metrics/live/source.ts';
import { banner } from './banner.ts';
import type { StandaloneConfig } from './config.ts';
import { StorePublisher, storeDeadRequests } from './store-publisher.ts';

export interface RunOptions {
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
  /** The environment, for OpenTelemetry's own variables. */
  readonly env: Environment;
  /** The clock, in milliseconds since 1970; default: `Date.now`. */
  readonly now?: () => number;
  /** Called with the open store before anything is read or served. */
  readonly prepare?: (db: Store) => Promise<void>;
}

/** The running product. */
export interface Standalone {
  /** Its address on this machine. */
  readonly url: string;
  readonly db: Store;
  /** Refreshes the metrics after something else than the server wrote to the store. */
  readonly invalidate: (invalidated: Invalidation) => void;
}

/**
 * Starts the whole product in one process, and adds each part to the lifecycle as soon as it runs.
 * @throws {Error} with a sentence for the operator
 */
export async function runStandalone(config: StandaloneConfig, options: RunOptions): Promise<Standalone> {
  const { location, collector, metrics } = config;
  const { lifecycle, logger, env, now = Date.now } = options;
  const telemetry = await startTelemetry(env, 'firstlight', logger);
  lifecycle.add('telemetry', () => telemetry.stop());
  const { tracing } = telemetry;

  const requestedUrl = urlOf(config.host, config.port);
  const store = await openStore(location, {
    name: 'firstlight',
    url: requestedUrl,
    connectionsMax: 10,
    logger,
  });
  lifecycle.add('database', () => store.close());
  await agreeOnAttributionWindow(store.db, config.attributionWindowMinutes);
  await options.prepare?.(store.db);

  const registry = new Registry();
  const onChange = () => snapshot.invalidate(null, null);
  const catalogue = followCatalogue(config.catalogue, { logger, onChange });
  lifecycle.add('catalogue', () => catalogue.stop());
  const source = withTeams(storeSource(store.db), catalogue.current);
  const onError = (error: unknown) => logger.warn({ err: error }, 'the numbers could not be read');
  const snapshot = new Snapshot({ source, now, registry, onError, tracing });
  await snapshot.start();
  lifecycle.add('snapshot', () => snapshot.stop());
  if (location.databaseUrl !== undefined) {
    // Other processes may write to the same database.
    const onNotify = (payload: string | null) =>
      snapshot.invalidate(parseChangeNotification(payload).invalidated, null);
    const listener = await listen(location.databaseUrl, changeChannel, onNotify, logger);
    lifecycle.add('change notifications', () => listener.stop());
  }

  const publisher = new StorePublisher({
    db: store.db,
    attributionWindowMs: config.attributionWindowMinutes * 60_000,
    now,
    onStored: (outcome, receivedAt, trace) => {
      if (outcome.stored + outcome.conflicting > 0)
        snapshot.invalidate(outcome.invalidated, receivedAt, trace ?? {});
    },
    logger,
    tracing,
  });
  lifecycle.add('publisher', () => publisher.drained());

  const server = buildServer({ logger, bodyBytesMax: collector.limits.bodyBytesMax });
  await server.register(traceRequests, { tracing });
  await server.register(
    buildCollector({
      ...collector,
      publisher,
      catalogue: catalogue.current,
      webhooks: { secrets: collector.secrets, deadRequests: storeDeadRequests(store.db) },
      now,
      observer: ingestMetrics(registry),
      health: false,
    }),
  );
  const tokenNeeded = collector.tokens.length > 0;
  const isDemoStore = () => isDemo(store.db);
  await server.register(metricsRoutes, {
    snapshot,
    source,
    registry,
    ...metrics,
    now,
    tokenNeeded,
    isDemo: isDemoStore,
    db: store.db,
  });
  const port = await listenOn(server, config);
  lifecycle.add('server', () => server.close());

  const url = urlOf(config.host, port);
  process.stdout.write(banner({ url, tokenNeeded, location }));
  return { url, db: store.db, invalidate: invalidated => snapshot.invalidate(invalidated, null) };
}
