import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { type Server, startServer } from '../databases/server.ts';
import { type ComposeFile, root } from './file.ts';

/**
 * Kafka's settings from the environment variables of its image, except those for hosts, listeners and folders.
 * @see https://github.com/apache/kafka/blob/trunk/docker/examples/README.md
 */
export function kafkaSettingsOf({ services }: ComposeFile): Record<string, string> {
  const settings = Object.entries(services['kafka']?.environment ?? {})
    .filter(([name]) => name.startsWith('KAFKA_') && !/LISTENER|LOG_DIRS|QUORUM_VOTERS/.test(name))
    .map(([name, value]) => [name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.'), value]);
  return Object.fromEntries(settings);
}

/** Starts a PostgreSQL with the user, database, scripts and password of the file, as its image does. */
export async function startComposePostgres(file: ComposeFile): Promise<Server> {
  const server = await startServer('postgres18');
  try {
    await prepare(server, file);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function prepare({ url }: Server, { services }: ComposeFile): Promise<void> {
  const { environment: env = {}, volumes = [] } = services['postgres'] ?? {};
  const { POSTGRES_USER: user = '', POSTGRES_DB: name = '', POSTGRES_PASSWORD: password = '' } = env;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create role ${user} superuser login password ${client.escapeLiteral(password)}`);
    await client.query(`create database ${name} owner ${user}`);
    const { rows } = await client.query('show hba_file');
    const rules = "array['host all postgres 127.0.0.1/32 trust', 'host all all 127.0.0.1/32 scram-sha-256']";
    await client.query(`copy (select unnest(${rules})) to ${client.escapeLiteral(rows[0].hba_file)}`);
    await client.query('select pg_reload_conf()');
  } finally {
    await client.end();
  }
  const connection = [
    `--port=${new URL(url).port}`,
    '--host=127.0.0.1',
    `--username=${user}`,
    `--dbname=${name}`,
  ];
  for (const volume of volumes) {
    const [source = '', target = ''] = volume.split(':');
    if (!target.startsWith('/docker-entrypoint-initdb.d/')) continue;
    const script = ['--set=ON_ERROR_STOP=1', '--no-psqlrc', '--no-password', `--file=${join(root, source)}`];
    const { PATH = '' } = process.env;
    await promisify(execFile)('psql', [...connection, ...script], {
      env: { PATH, ...env, PGPASSWORD: password },
    });
  }
}
