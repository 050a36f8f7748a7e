/** The metrics service as a process of its own: reads PostgreSQL, serves Prometheus and people. Any number of replicas. */
import { Registry } from 'prom-client';
import { listen } from '../../platform/database/listen.ts';
import { openPostgres } from '../../platform/database/postgres.ts';
import { listenOn } from '../../platform/http/address.ts';
import { buildServer } from '../../platform/http/server.ts';
import { configOrExit, loadEnvFile } from '../../platform/process/config.ts';
import { Lifecycle } from '../../platform/process/lifecycle.ts';
import { createLogger } from '../../platform/telemetry/log.ts';
import { startTelemetry } from '../../platform/telemetry/telemetry.ts';
import { traceRequests } from '../../platform/telemetry/trace-requests.ts';
import { isDemo } from '../../store/schema/demo-mark.ts';
import type { Database } from '../../store/schema/tables.ts';
import { changeChannel, parseChangeNotification } from '../../store/write/change-notification.ts';
import { followCatalogue } from '../catalogue/follow.ts';
import { metricsRoutes } from './app.ts';
import { readMetricsProcessConfig } from './config.ts';
import { Snapshot } from './live/snapshot.ts';
import { storeSource, withTeams } from './live/source.ts';

loadEnvFile();
const config = configOrExit(() => readMetricsProcessConfig(process.env));
const logger = createLogger({ name: 'firstlight metrics', level: config.logLevel });
const lifecycle = new Lifecycle(logger);
const now = Date.now;

await lifecycle.run(async () => {
  const telemetry = await startTelemetry(process.env, 'firstlight-metrics', logger);
  lifecycle.add('telemetry', () => telemetry.stop());
  const { tracing } = telemetry;

  const db = openPostgres<Database>(config.databaseUrl, {
    connectionsMax: 4,
    applicationName: 'firstlight metrics',
    statementTimeoutMs: 120_000,
    logger,
  });
  lifecycle.add('database', () => db.destroy());

  const registry = new Registry();
  const onChange = () => snapshot.invalidate(null, null);
  const catalogue = followCatalogue(config.catalogue, { logger, onChange });
  lifecycle.add('catalogue', () => catalogue.stop());
  const source = withTeams(storeSource(db), catalogue.current);
  const onError = (error: unknown) => logger.warn({ err: error }, 'the numbers could not be read');
  const snapshot = new Snapshot({ source, now, registry, onError, tracing });
  const { readToken, timezone } = config;
  const server = buildServer({ logger, bodyBytesMax: 100_000 });
  await server.register(traceRequests, { tracing });
  const isDemoStore = () => isDemo(db);
  await server.register(metricsRoutes, {
    snapshot,
    source,
    registry,
    readToken,
    timezone,
    now,
    isDemo: isDemoStore,
    db,
  });
  const port = await listenOn(server, config);
  lifecycle.add('server', () => server.close());
  logger.info({ host: config.host, port }, 'the metrics service listens');

  const onNotify = (payload: string | null) => {
    const { invalidated, receivedAt, trace } = parseChangeNotification(payload);
    snapshot.invalidate(invalidated, receivedAt, trace);
  };
  const listener = await listen(config.databaseUrl, changeChannel, onNotify, logger);
  lifecycle.add('change notifications', () => listener.stop());
  lifecycle.add('snapshot', () => snapshot.stop());
  await snapshot.start();
});
