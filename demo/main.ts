/** `npm run demo`: the standalone run with the data of an invented company and live events. */
import { join } from 'node:path';
import { configOrExit, loadEnvFile } from '../platform/process/config.ts';
import { Lifecycle } from '../platform/process/lifecycle.ts';
import { createLogger } from '../platform/telemetry/log.ts';
import { newToken } from '../services/collector/access/tokens.ts';
import { readStandaloneConfig, type StandaloneConfig } from '../services/standalone/config.ts';
import { runStandalone } from '../services/standalone/run.ts';
import { emptyDemo, isDemo, readDemoMark } from '../store/schema/demo-mark.ts';
import type { Store } from '../store/schema/tables.ts';
import type { Invalidation } from '../store/write/change-notification.ts';
import { claimDatabase, fill } from './fill.ts';
import { Player } from './live/player.ts';
import { type DemoOptions, readOptions, usage } from './options.ts';
import { progressOn } from './progress.ts';

const options = optionsOrExit();
loadEnvFile();
const { config, token } = withDemo(configOrExit(() => readStandaloneConfig(process.env)));
const logger = createLogger({ name: 'firstlight demo', level: config.logLevel });
const lifecycle = new Lifecycle(logger);
const now = Date.now;

await lifecycle.run(async () => {
  const { url, db, invalidate } = await runStandalone(config, {
    lifecycle,
    logger,
    env: process.env,
    now,
    prepare,
  });
  const filling = new AbortController();
  const filled = fillDatabase(db, invalidate, filling.signal);
  lifecycle.add('filling', async () => {
    filling.abort();
    await filled;
  });
  await filled;
  const mark = await readDemoMark(db);
  if (filling.signal.aborted || mark === null) return;
  process.stdout.write('\n  The sample company is complete, and its changes go on. Ctrl-C stops it.\n\n');
  const player = new Player({ url, token, db, mark, now, logger });
  player.start();
  lifecycle.add('player', () => player.stop());
});

async function prepare(db: Store): Promise<void> {
  if (options.fresh && (await isDemo(db))) await emptyDemo(db, config.attributionWindowMinutes);
  await claimDatabase(db, { now: now(), ...options.size });
}

async function fillDatabase(
  db: Store,
  invalidate: (invalidated: Invalidation) => void,
  signal: AbortSignal,
): Promise<void> {
  const progress = progressOn(process.stdout);
  const attributionWindowMs = config.attributionWindowMinutes * 60_000;
  await fill(db, {
    now: now(),
    attributionWindowMs,
    signal,
    onProgress: ({ share, invalidated }) => {
      progress.update(share);
      invalidate(invalidated);
    },
  });
  progress.stop();
}

/** Changes the settings: a separate folder for the data, and a token for the demo's events if the server needs one. */
function withDemo(real: StandaloneConfig): { config: StandaloneConfig; token: string | null } {
  const location = { ...real.location, dataDir: join(real.location.dataDir, 'demo') };
  const { tokens } = real.collector;
  if (tokens.length === 0) return { config: { ...real, location }, token: null };
  const { token, hash } = newToken();
  const collector = { ...real.collector, tokens: [...tokens, { name: 'sample company', hash }] };
  return { config: { ...real, location, collector }, token };
}

function optionsOrExit(): DemoOptions {
  try {
    const { help, ...parsed } = readOptions(process.argv.slice(2));
    if (!help) return parsed;
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}
