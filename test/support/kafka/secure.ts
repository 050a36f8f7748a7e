import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../product/process.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { type KafkaServer, type KafkaSettings, startKafka } from './server.ts';

/** A Kafka with authentication. Each list of brokers is a listener, in addition to the plain one. */
export interface SecureKafkaServer extends KafkaServer, Certificates {
  /** With user and password and without TLS: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512. */
  readonly saslBrokers: string;
  /** The same three mechanisms over TLS. */
  readonly saslSslBrokers: string;
  /** TLS without authentication of the client. */
  readonly sslBrokers: string;
  /** TLS that requires a client certificate of the server's authority. */
  readonly mutualTlsBrokers: string;
}

export interface Credentials {
  /** User and password have letters, digits and dashes only, because Kafka's settings would need quotes for others. */
  readonly user: string;
  readonly password: string;
}

const scramMechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
const loginModules = 'org.apache.kafka.common.security';

/** Starts a Kafka with one user and new certificates. */
export async function startSecureKafka({ user, password }: Credentials): Promise<SecureKafkaServer> {
  const folder = await mkdtemp(join(tmpdir(), 'firstlight-certificates-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    const certificates = await makeCertificates(folder);
    const sasl = await freePort();
    const saslSsl = await freePort();
    const ssl = await freePort();
    const mutualTls = await freePort();
    const server = await startKafka({
      listeners: {
        SASL: { protocol: 'SASL_PLAINTEXT', port: sasl },
        SASLSSL: { protocol: 'SASL_SSL', port: saslSsl },
        TLS: { protocol: 'SSL', port: ssl },
        MUTUAL: { protocol: 'SSL', port: mutualTls },
      },
      settings: {
        ...(await tlsSettings(folder, certificates)),
        'listener.name.mutual.ssl.client.auth': 'required',
        ...saslSettings('sasl', { user, password }),
        ...saslSettings('saslssl', { user, password }),
      },
      scramUsers: scramMechanisms.map(mechanism => `${mechanism}=[name=${user},password=${password}]`),
    });
    return {
      ...server,
      ...certificates,
      saslBrokers: `127.0.0.1:${sasl}`,
      saslSslBrokers: `127.0.0.1:${saslSsl}`,
      sslBrokers: `127.0.0.1:${ssl}`,
      mutualTlsBrokers: `127.0.0.1:${mutualTls}`,
      stop: async () => {
        await server.stop();
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

async function tlsSettings(folder: string, certificates: Certificates): Promise<KafkaSettings> {
  const { caFile, serverCertFile, serverKeyFile } = certificates;
  const keyStore = join(folder, 'server-key-and-certificate.pem');
  const parts = await Promise.all([serverKeyFile, serverCertFile].map(file => readFile(file, 'utf8')));
  await writeFile(keyStore, parts.join(''), { mode: 0o600 });
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': caFile,
  };
}

function saslSettings(listener: string, { user, password }: Credentials): KafkaSettings {
  const login = (mechanism: string, module: string) => [
    `listener.name.${listener}.${mechanism.toLowerCase()}.sasl.jaas.config`,
    `${loginModules}.${module};`,
  ];
  return {
    [`listener.name.${listener}.sasl.enabled.mechanisms`]: ['PLAIN', ...scramMechanisms].join(),
    ...Object.fromEntries([
      login('PLAIN', `plain.PlainLoginModule required user_${user}="${password}"`),
      ...scramMechanisms.map(mechanism => login(mechanism, 'scram.ScramLoginModule required')),
    ]),
  };
}
