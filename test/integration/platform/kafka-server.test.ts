import { readFile } from 'node:fs/promises';
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { kcat } from '../../support/kafka/kcat.ts';
import { type ProxiedKafkaServer, startProxiedKafka } from '../../support/kafka/proxied.ts';
import { type SecureKafkaServer, startSecureKafka } from '../../support/kafka/secure.ts';
import { createTopic } from '../../support/kafka/topic.ts';
import { waitFor } from '../../support/product/process.ts';

type Way = Pick<KafkaConfig, 'sasl' | 'ssl'>;

const client = (brokers: string, way: Way = {}) =>
  new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING, retry: { retries: 2 }, ...way });

async function send(brokers: string, topic: string, value: string, way: Way = {}): Promise<void> {
  const producer = client(brokers, way).producer();
  try {
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: [{ key: 'checkout', value }] });
  } finally {
    await producer.disconnect();
  }
}

const read = (brokers: string, topic: string, ...flags: readonly string[]) =>
  kcat(['-b', brokers, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%k=%s\n', ...flags]);

describe('the shared Kafka', () => {
  test('delivers messages of kafkajs to kcat', async () => {
    const brokers = inject('kafka');
    const { topic, ...made } = await createTopic(brokers, { partitions: 3 });
    await send(brokers, topic, 'merged');
    await send(brokers, topic, 'exposed');
    expect(await read(brokers, topic)).toBe('checkout=merged\ncheckout=exposed\n');
    await made.delete();
  });

  test('delivers messages of kcat to a consumer group of kafkajs', async () => {
    const brokers = inject('kafka');
    const { topic, ...made } = await createTopic(brokers);
    await kcat(['-b', brokers, '-P', '-t', topic, '-K', '='], 'search=merged\nsearch=exposed\n');
    const received: string[] = [];
    // The consumer stops only after the answer to its last fetch.
    const consumer = client(brokers).consumer({ groupId: `${topic}-readers`, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => void received.push(`${message.key}=${message.value}`),
    });
    await waitFor(() => received.length === 2);
    expect(received).toEqual(['search=merged', 'search=exposed']);
    await consumer.disconnect();
    await made.delete();
  });

  test('knows a topic only until it is deleted', async () => {
    const brokers = inject('kafka');
    const { topic, ...made } = await createTopic(brokers);
    expect(await kcat(['-b', brokers, '-L', '-t', topic])).toContain('with 1 partitions');
    await made.delete();
    await waitFor(async () => (await kcat(['-b', brokers, '-L', '-t', topic])).includes('Unknown topic'));
  });
});

describe('a separate Kafka', () => {
  let server: ProxiedKafkaServer;
  beforeAll(async () => {
    server = await startProxiedKafka();
  });
  afterAll(() => server.stop());

  test('keeps its messages when it is killed or stopped, and accepts more after its restart', async () => {
    const { topic } = await createTopic(server.brokers);
    await send(server.brokers, topic, 'first');
    await server.crash();
    await expect(send(server.brokers, topic, 'into the void')).rejects.toThrow();
    await server.restart();
    await send(server.brokers, topic, 'second');
    await server.stopGracefully();
    await server.restart();
    await send(server.brokers, topic, 'third');
    expect(await read(server.brokers, topic)).toBe('checkout=first\ncheckout=second\ncheckout=third\n');
  });

  test('is unreachable through the proxy while the proxy refuses, and reachable directly', async () => {
    const { proxiedBrokers, brokers, proxy } = server;
    const { topic } = await createTopic(brokers);
    await send(proxiedBrokers, topic, 'before');
    await proxy.refuse();
    await expect(send(proxiedBrokers, topic, 'into the void')).rejects.toThrow();
    await send(brokers, topic, 'beside');
    await proxy.resume();
    await send(proxiedBrokers, topic, 'after');
    expect(await read(brokers, topic)).toBe('checkout=before\ncheckout=beside\ncheckout=after\n');
  });

  test('loses its connections through the proxy when they are cut, and accepts new ones', async () => {
    const { proxiedBrokers, proxy } = server;
    const { topic } = await createTopic(proxiedBrokers);
    const producer = client(proxiedBrokers).producer();
    let losses = 0;
    producer.on('producer.disconnect', () => {
      losses += 1;
    });
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: [{ key: 'checkout', value: 'before' }] });
    proxy.cut();
    await producer.send({ topic, acks: -1, messages: [{ key: 'checkout', value: 'after' }] });
    await producer.disconnect();
    expect(losses).toBe(1);
    expect(await read(proxiedBrokers, topic)).toBe('checkout=before\ncheckout=after\n');
  });
});

describe('a secure Kafka', () => {
  const user = 'collector';
  const password = 'first-light-7';
  let server: SecureKafkaServer;
  let topic: string;
  let ca: string;
  let clientTls: { ca: string; cert: string; key: string };
  beforeAll(async () => {
    server = await startSecureKafka({ user, password });
    ({ topic } = await createTopic(server.brokers));
    const files = [server.caFile, server.clientCertFile, server.clientKeyFile];
    const [caText = '', cert = '', key = ''] = await Promise.all(files.map(file => readFile(file, 'utf8')));
    ca = caText;
    clientTls = { ca, cert, key };
  });
  afterAll(() => server.stop());

  const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
  const login = (mechanism: string, given: string) =>
    ({ mechanism, username: user, password: given }) as SASLOptions;

  test.each(mechanisms)('accepts only the right password with %s', async mechanism => {
    const { saslBrokers, saslSslBrokers } = server;
    const [right, wrong] = [login(mechanism, password), login(mechanism, 'guessed')];
    await send(saslBrokers, topic, mechanism, { sasl: right });
    await send(saslSslBrokers, topic, mechanism, { sasl: right, ssl: { ca } });
    await expect(send(saslBrokers, topic, 'no', { sasl: wrong })).rejects.toThrow(/auth|password/i);
    await expect(send(saslSslBrokers, topic, 'no', { sasl: wrong, ssl: { ca } })).rejects.toThrow(
      /auth|password/i,
    );
    await expect(send(saslBrokers, topic, 'no')).rejects.toThrow();
  });

  test('is trusted over TLS only by clients with its certificate authority', async () => {
    const { sslBrokers, saslSslBrokers } = server;
    await send(sslBrokers, topic, 'tls', { ssl: { ca } });
    await expect(send(sslBrokers, topic, 'no', { ssl: true })).rejects.toThrow(/certificate/);
    await expect(
      send(saslSslBrokers, topic, 'no', { ssl: true, sasl: login('plain', password) }),
    ).rejects.toThrow(/certificate/);
    await expect(send(sslBrokers, topic, 'no')).rejects.toThrow();
  });

  test('accepts only clients with a certificate over mutual TLS', async () => {
    const { mutualTlsBrokers } = server;
    await send(mutualTlsBrokers, topic, 'mutual', { ssl: clientTls });
    await expect(send(mutualTlsBrokers, topic, 'no', { ssl: { ca } })).rejects.toThrow();
  });

  test('accepts kcat too, and stores nothing from refused clients', async () => {
    const { caFile, clientCertFile, clientKeyFile } = server;
    const tls = ['-X', `ssl.ca.location=${caFile}`];
    const certificate = [
      ...['-X', `ssl.certificate.location=${clientCertFile}`],
      ...['-X', `ssl.key.location=${clientKeyFile}`],
    ];
    // Not SCRAM: librdkafka before 2.6.1, as in Debian 12, repeats a nonce, which Kafka 4 refuses.
    const plain = [
      ...['-X', 'sasl.mechanisms=PLAIN', '-X', `sasl.username=${user}`],
      ...['-X', `sasl.password=${password}`],
    ];
    const ways = [
      read(server.brokers, topic),
      read(server.sslBrokers, topic, '-X', 'security.protocol=ssl', ...tls),
      read(server.mutualTlsBrokers, topic, '-X', 'security.protocol=ssl', ...tls, ...certificate),
      read(server.saslBrokers, topic, '-X', 'security.protocol=sasl_plaintext', ...plain),
      read(server.saslSslBrokers, topic, '-X', 'security.protocol=sasl_ssl', ...tls, ...plain),
    ];
    for (const seen of await Promise.all(ways)) {
      expect(seen).toContain('checkout=plain\n');
      expect(seen).not.toContain('checkout=no\n');
    }
  });
});
