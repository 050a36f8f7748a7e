import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer } from '../../support/databases/server.ts';
import { expectShown } from '../../support/histories/shown.ts';
import { makeCertificates } from '../../support/kafka/certificates.ts';
import { type SecureKafkaServer, startSecureKafka } from '../../support/kafka/secure.ts';
import { prepareDistributed } from '../../support/product/distributed.ts';
import { startService } from '../../support/product/service.ts';
import { Senders } from '../../support/senders/senders.ts';

const user = 'firstlight';
const password = 'correct-horse';

let kafka: SecureKafkaServer;
beforeAll(async () => {
  kafka = await startSecureKafka({ user, password });
});
afterAll(() => kafka.stop());

const login = (mechanism: string) => ({
  KAFKA_SASL_MECHANISM: mechanism,
  KAFKA_SASL_USERNAME: user,
  KAFKA_SASL_PASSWORD: password,
});
const tls = () => ({ KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: kafka.caFile });

/** The kinds of authentication that the settings offer. */
const ways: Record<string, () => Record<string, string>> = {
  PLAIN: () => ({ KAFKA_BROKERS: kafka.saslBrokers, ...login('plain') }),
  'SCRAM-SHA-256 over TLS': () => ({
    KAFKA_BROKERS: kafka.saslSslBrokers,
    ...tls(),
    ...login('scram-sha-256'),
  }),
  'SCRAM-SHA-512 over TLS': () => ({
    KAFKA_BROKERS: kafka.saslSslBrokers,
    ...tls(),
    ...login('scram-sha-512'),
  }),
  'a certificate of their own': () => ({
    KAFKA_BROKERS: kafka.mutualTlsBrokers,
    ...tls(),
    KAFKA_SSL_CERT_FILE: kafka.clientCertFile,
    KAFKA_SSL_KEY_FILE: kafka.clientKeyFile,
  }),
};

describe.each(Object.keys(ways))('collector and consumer authenticate with %s', name => {
  test('and an event reaches the database', async () => {
    await using run = await prepareDistributed({ env: ways[name]?.() ?? {} });
    const [collector, metrics] = await Promise.all([
      run.start('collector'),
      run.start('metrics'),
      run.start('consumer'),
    ]);
    const events = new Senders().next(8);
    expect((await collector.post(events)).status).toBe(202);
    await expectShown(metrics, events);
  });
});

test.each([
  ['a wrong password', () => ({ ...ways['SCRAM-SHA-256 over TLS']?.(), KAFKA_SASL_PASSWORD: 'wrong' })],
  ['an authority that did not sign', () => ({ KAFKA_BROKERS: kafka.sslBrokers, KAFKA_SSL: 'true' })],
])('with %s a collector is not ready, and says why without the secret', async (_, env) => {
  const collector = await startService('collector', { env: env(), ready: false });
  try {
    await expect.poll(() => collector.output(), { timeout: 30_000 }).toMatch(/"msg":"Kafka is away"/);
    expect((await collector.get('/readyz')).status).toBe(503);
    const answer = await collector.post(new Senders().next(1));
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(collector.output()).not.toContain('wrong"');
    expect(collector.output()).not.toContain(password);
  } finally {
    await collector.stop();
  }
});

test('consumer and metrics service connect to PostgreSQL over TLS, and only to the right server', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'firstlight-tls-'));
  const certificates = await makeCertificates(folder);
  const server = await startServer('postgres18', { tls: certificates });
  try {
    const env = ways['PLAIN']?.() ?? {};
    const withMode = (search: string) => (url: string) => url.replace(/\?.*$/, `?${search}`);
    const verified = withMode(`sslmode=verify-full&sslrootcert=${certificates.caFile}`);
    await using run = await prepareDistributed({ serverUrl: server.url, databaseUrl: verified, env });
    const [collector, metrics] = await Promise.all([
      run.start('collector'),
      run.start('metrics'),
      run.start('consumer'),
    ]);
    const events = new Senders().next(8);
    expect((await collector.post(events)).status).toBe(202);
    await expectShown(metrics, events);

    const other = withMode(`sslmode=verify-full&sslrootcert=${kafka.caFile}`)(run.databaseUrl);
    const fooled = await startService('metrics', { env: { DATABASE_URL: other }, ready: false });
    await expect.poll(() => fooled.output(), { timeout: 30_000 }).toContain('the numbers could not be read');
    expect((await fooled.get('/readyz')).status).toBe(503);
    await fooled.stop();
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
});
