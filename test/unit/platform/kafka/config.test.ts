import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readKafkaConfig } from '../../../../platform/kafka/config.ts';
import { ConfigError } from '../../../../platform/process/config.ts';

const KAFKA_BROKERS = 'one:9092, two:9093';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readKafkaConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('only the brokers are required', () => {
  expect(readKafkaConfig({ KAFKA_BROKERS })).toEqual({
    brokers: ['one:9092', 'two:9093'],
    topic: 'dora.events',
    partitions: 12,
  });
});

test('reads a login and certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'firstlight-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = (name: string) => {
    writeFileSync(join(folder, name), `the ${name}`);
    return join(folder, name);
  };
  const config = readKafkaConfig({
    KAFKA_BROKERS,
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: 'firstlight',
    KAFKA_SASL_PASSWORD: 'secret',
    KAFKA_SSL: 'true',
    KAFKA_SSL_CA_FILE: file('ca'),
    KAFKA_SSL_CERT_FILE: file('cert'),
    KAFKA_SSL_KEY_FILE: file('key'),
  });
  expect(config.sasl).toEqual({ mechanism: 'scram-sha-512', username: 'firstlight', password: 'secret' });
  expect(config.ssl).toEqual({ ca: 'the ca', cert: 'the cert', key: 'the key' });
});

test('TLS without files trusts the authorities of the system', () => {
  expect(readKafkaConfig({ KAFKA_BROKERS, KAFKA_SSL: 'true' }).ssl).toEqual({});
});

test('reports every problem at once, without passwords', () => {
  const problems = problemsOf({
    KAFKA_BROKERS: 'no-port',
    KAFKA_TOPIC: 'a topic',
    KAFKA_SASL_MECHANISM: 'gssapi',
    KAFKA_SASL_PASSWORD: 'secret',
    KAFKA_SSL: 'true',
    KAFKA_SSL_CA_FILE: '/nowhere/ca.pem',
    KAFKA_SSL_CERT_FILE: '/nowhere/cert.pem',
  });
  expect(problems).toEqual([
    expect.stringMatching(/^KAFKA_BROKERS /),
    expect.stringMatching(/^KAFKA_TOPIC /),
    'KAFKA_SASL_MECHANISM must be one of plain, scram-sha-256, scram-sha-512',
    'KAFKA_SASL_USERNAME is required with KAFKA_SASL_MECHANISM',
    'KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE go together',
    expect.stringMatching(/^KAFKA_SSL_CA_FILE cannot be read: /),
    expect.stringMatching(/^KAFKA_SSL_CERT_FILE cannot be read: /),
  ]);
  expect(problems.join()).not.toContain('secret');
});

test('certificates without TLS are a mistake', () => {
  expect(problemsOf({ KAFKA_BROKERS, KAFKA_SSL_CA_FILE: '/etc/ca.pem' })).toEqual([
    'KAFKA_SSL_CA_FILE is of use with KAFKA_SSL=true only',
  ]);
});

test('a login needs its mechanism', () => {
  expect(problemsOf({ KAFKA_BROKERS, KAFKA_SASL_USERNAME: 'a', KAFKA_SASL_PASSWORD: 'b' })).toEqual([
    'KAFKA_SASL_MECHANISM is required with KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD',
  ]);
});
