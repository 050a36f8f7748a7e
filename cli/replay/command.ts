import type { Command } from 'commander';
import { Type } from 'typebox';
import { readKafkaConfig } from '../../platform/kafka/config.ts';
import { ConfigError, loadEnvFile, readConfig } from '../../platform/process/config.ts';
import { readCatalogueConfig } from '../../services/catalogue/read.ts';
import { groupSettings } from '../../services/consumer/config.ts';
import { exitStatus, Failure } from '../client/failure.ts';
import { withDatabase } from '../local/database.ts';
import { replayDatabase } from './database.ts';
import { replayKafka } from './kafka.ts';
import type { Replayed, ReplayOptions } from './options.ts';

/** `firstlight replay`: sends dead letters again, those of Kafka or those of the database. */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .description(
      'send dead letters again, once what kept them out is mended: those of Kafka where KAFKA_BROKERS is set, ' +
        'else those of the database; settings come from the environment (see .env.example)',
    )
    .option('--dry-run', 'list them with their reasons, send none', false)
    .option('--all', 'of Kafka: those that an earlier replay has sent, too', false)
    .action(async (options: ReplayOptions) => {
      const { sent, kept } = await replay(options);
      const done = options.dryRun ? 'would be sent again' : 'were sent again';
      console.error(`${sent} dead letters ${done}${kept > 0 ? `, ${kept} cannot be mapped yet` : ''}`);
    });
}

async function replay(options: ReplayOptions): Promise<Replayed> {
  loadEnvFile();
  if (process.env['KAFKA_BROKERS']) return replayFromKafka(options);
  let replayed: Replayed = { sent: 0, kept: 0 };
  await withDatabase(async (db, { attributionWindowMinutes }) => {
    replayed = await replayDatabase(
      db,
      readCatalogueConfig(process.env).catalogue,
      attributionWindowMinutes * 60_000,
      options,
    );
  });
  return replayed;
}

async function replayFromKafka(options: ReplayOptions): Promise<Replayed> {
  try {
    const { KAFKA_GROUP: group } = readConfig(Type.Object(groupSettings), process.env);
    const { catalogue } = readCatalogueConfig(process.env);
    return await replayKafka(readKafkaConfig(process.env), group, catalogue, options);
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(error.message, exitStatus.usage);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(`The dead letters could not all be sent again: ${reason}`, exitStatus.unavailable, {
      cause: error,
    });
  }
}
