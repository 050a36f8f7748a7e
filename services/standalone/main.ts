/** The whole product in one process: collector, store and metrics on one port, without Kafka. */
import { Registry } from 'prom-client';
import { listenOn, urlOf } from '../../platform/address.ts';
import { configOrExit, loadEnvFile } from '../../platform/config.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { listen } from '../../platform/listen.ts';
import { createLogger } from '../../platform/log.ts';
import { buildServer } from '../../platform/server.ts';
import { startTelemetry } from '../../platform/telemetry.ts';
import { traceRequests } from '../../platform/trace-requests.ts';
import { openStore } from '../../store/open.ts';
import { agreeOnBlameWindow } from '../../store/settings.ts';
import { readWake, wakeChannel } from '../../store/wake.ts';
import { followCatalogue } from '../catalogue.ts';
import { buildCollector } from '../collector/app.ts';
import { countIngest } from '../collector/own.ts';
import { metricsRoutes } from '../metrics/app.ts';
import { Snapshot } from '../metrics/snapshot.ts';
import { storeSource, withTeams } from '../metrics/source.ts';
import { banner } from './banner.ts';
import { readStandaloneConfig } from './config.ts';
import { storeDeadRequests } from './store-dead-requests.ts';
import { StorePublisher } from './store-publisher.ts';

loadEnvFile();
const config = configOrExit(() => readStandaloneConfig(process.env));
const { place, collector, metrics } = config;
const logger = createLogger({ name: 'firstlight', level: config.logLevel });
const lifecycle = new Lifecycle(logger);
const now = Date.now;

await lifecycle.run(async () => {
  const telemetry = await startTelemetry(process.env, 'firstlight', logger);
  lifecycle.add('telemetry', () => telemetry.stop());
  const { tracing } = telemetry;

  const url = urlOf(config.host, config.port);
  const store = await openStore(place, { name: 'firstlight', url, connectionsMax: 10, logger });
  lifecycle.add('database', () => store.close());
  await agreeOnBlameWindow(store.db, config.blameWindowMinutes);

  const registry = new Registry();
  const onChange = () => snapshot.wake(null, null);
  const catalogue = followCatalogue(config.catalogue, { logger, onChange });
  lifecycle.add('catalogue', () => catalogue.stop());
  const source = withTeams(storeSource(store.db), catalogue.current);
  const onError = (error: unknown) => logger.warn({ err: error }, 'the numbers could not be read');
  const snapshot = new Snapshot({ source, now, registry, onError, tracing });
  await snapshot.start();
  lifecycle.add('snapshot', () => snapshot.stop());
  if (place.databaseUrl !== undefined) {
    // Other processes may write to the same server.
    const onNotify = (payload: string | null) => snapshot.wake(readWake(payload).services, null);
    const listener = await listen(place.databaseUrl, wakeChannel, onNotify, logger);
    lifecycle.add('wakes', () => listener.stop());
  }

  const publisher = new StorePublisher({
    db: store.db,
    blameWindowMs: config.blameWindowMinutes * 60_000,
    now,
    onStored: (outcome, receivedAt, trace) => {
      if (outcome.stored + outcome.conflicting > 0) snapshot.wake(outcome.services, receivedAt, trace ?? {});
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
      observer: countIngest(registry),
      health: false,
    }),
  );
  const tokenNeeded = collector.tokens.length > 0;
  await server.register(metricsRoutes, { snapshot, source, registry, ...metrics, now, tokenNeeded });
  const port = await listenOn(server, config);
  lifecycle.add('server', () => server.close());

  process.stdout.write(banner({ url: urlOf(config.host, port), tokenNeeded, place }));
});
