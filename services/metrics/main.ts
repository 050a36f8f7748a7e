/** The metrics service as a process of its own: PostgreSQL in, Prometheus and people out. Any number of replicas. */
import { Registry } from 'prom-client';
import { listenOn } from '../../platform/address.ts';
import { configOrExit, loadEnvFile } from '../../platform/config.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { listen } from '../../platform/listen.ts';
import { createLogger } from '../../platform/log.ts';
import { openPostgres } from '../../platform/postgres.ts';
import { buildServer } from '../../platform/server.ts';
import { startTelemetry } from '../../platform/telemetry.ts';
import { traceRequests } from '../../platform/trace-requests.ts';
import { isSample } from '../../store/sample.ts';
import type { Database } from '../../store/tables.ts';
import { readWake, wakeChannel } from '../../store/wake.ts';
import { followCatalogue } from '../catalogue.ts';
import { metricsRoutes } from './app.ts';
import { readMetricsProcessConfig } from './config.ts';
import { Snapshot } from './snapshot.ts';
import { storeSource, withTeams } from './source.ts';

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
  const onChange = () => snapshot.wake(null, null);
  const catalogue = followCatalogue(config.catalogue, { logger, onChange });
  lifecycle.add('catalogue', () => catalogue.stop());
  const source = withTeams(storeSource(db), catalogue.current);
  const onError = (error: unknown) => logger.warn({ err: error }, 'the numbers could not be read');
  const snapshot = new Snapshot({ source, now, registry, onError, tracing });
  const { readToken, timezone } = config;
  const server = buildServer({ logger, bodyBytesMax: 100_000 });
  await server.register(traceRequests, { tracing });
  const sample = () => isSample(db);
  await server.register(metricsRoutes, { snapshot, source, registry, readToken, timezone, now, sample, db });
  const port = await listenOn(server, config);
  lifecycle.add('server', () => server.close());
  logger.info({ host: config.host, port }, 'the metrics service listens');

  const onNotify = (payload: string | null) => {
    const wake = readWake(payload);
    snapshot.wake(wake.touched, wake.receivedAt, wake.trace);
  };
  const listener = await listen(config.databaseUrl, wakeChannel, onNotify, logger);
  lifecycle.add('wakes', () => listener.stop());
  lifecycle.add('snapshot', () => snapshot.stop());
  await snapshot.start();
});
