/** The whole product in one process: collector, store and metrics on one port, without Kafka. */
import { configOrExit, loadEnvFile } from '../../platform/process/config.ts';
import { Lifecycle } from '../../platform/process/lifecycle.ts';
import { createLogger } from '../../platform/telemetry/log.ts';
import { readStandaloneConfig } from './config.ts';
import { runStandalone } from './run.ts';

loadEnvFile();
const config = configOrExit(() => readStandaloneConfig(process.env));
const logger = createLogger({ name: 'firstlight', level: config.logLevel });
const lifecycle = new Lifecycle(logger);

await lifecycle.run(async () => {
  await runStandalone(config, { lifecycle, logger, env: process.env });
});
