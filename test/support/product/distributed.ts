import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { openPostgres } from '../../../platform/database/postgres.ts';
import { migrateStore } from '../../../store/schema/migrate.ts';
import { createDatabase } from '../databases/test-store.ts';
import { type Service, type ServiceName, startService } from './service.ts';

export interface DistributedOptions {
  /** Default: the Kafka that all tests share. */
  readonly brokers?: string;
  /** The server for the database. Default: the PostgreSQL 18 that all tests share. */
  readonly serverUrl?: string;
  /** Changes the database's URL for the services, for example to that of a proxy. */
  readonly databaseUrl?: (url: string) => string;
  /** Additional settings of every service. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A distributed run with its own topic, group and migrated database. The test starts the services one by one. */
export interface Distributed extends AsyncDisposable {
  readonly brokers: string;
  readonly topic: string;
  readonly group: string;
  /** The URL of the database itself, without a proxy. */
  readonly databaseUrl: string;
  /** Starts a service. @param options.ready whether to wait until it is ready; default true */
  start(
    name: ServiceName,
    env?: Readonly<Record<string, string>>,
    options?: { readonly ready?: boolean },
  ): Promise<Service>;
  /** The settings of every service that {@link start} starts. */
  readonly env: Readonly<Record<string, string>>;
}

/** Prepares a distributed run. The first collector creates its topic, with six partitions. */
export async function prepareDistributed(options: DistributedOptions = {}): Promise<Distributed> {
  const brokers = options.brokers ?? inject('kafka');
  const { url, drop } = await createDatabase(options.serverUrl ?? inject('servers').postgres18);
  const db = openPostgres<unknown>(url, { connectionsMax: 1, applicationName: 'firstlight tests' });
  await migrateStore(db);
  await db.destroy();
  const topic = `events-${randomBytes(6).toString('hex')}`;
  const env = {
    KAFKA_BROKERS: brokers,
    KAFKA_TOPIC: topic,
    KAFKA_TOPIC_PARTITIONS: '6',
    KAFKA_GROUP: topic,
    DATABASE_URL: options.databaseUrl?.(url) ?? url,
    ...options.env,
  };
  const services: Service[] = [];
  return {
    brokers,
    topic,
    group: topic,
    databaseUrl: url,
    env,
    start: async (name, more = {}, { ready = true } = {}) => {
      const service = await startService(name, { env: { ...env, ...more }, ready });
      services.push(service);
      return service;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(services.map(service => service.stop()));
      await drop();
    },
  };
}
