import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { Type } from 'typebox';
import { accessSettings, readAccess } from '../../platform/http/access.ts';
import { type KafkaConfig, readKafkaConfig } from '../../platform/kafka/config.ts';
import { ConfigError, collectProblems, type Environment, readConfig } from '../../platform/process/config.ts';
import { listenSettings } from '../../platform/process/settings.ts';
import type { LogLevel } from '../../platform/telemetry/log.ts';
import { catalogueSettings, type ReadCatalogue, readCatalogueConfig } from '../catalogue/read.ts';
import { ingestToken, parseTokens, type Token, webhookToken } from './access/tokens.ts';
import type { WebhookSecrets } from './access/webhooks.ts';

/** Limits of one request; beyond them the answer is 413. */
export interface Limits {
  /** Largest body in bytes. */
  readonly bodyBytesMax: number;
  /** Most events in one request. */
  readonly batchEventsMax: number;
}

export const defaultLimits: Limits = { bodyBytesMax: 5_000_000, batchEventsMax: 5_000 };

/** The collector's settings, by the names of their environment variables. */
export const collectorSettings = {
  INGEST_TOKEN: Type.Optional(
    Type.String({
      description: 'One token that may write events of any service; printable ASCII without spaces',
    }),
  ),
  TOKENS_FILE: Type.Optional(
    Type.String({ minLength: 1, description: 'JSON file of tokens: name, hash, services allowed' }),
  ),
  BODY_BYTES_MAX: Type.Integer({
    default: defaultLimits.bodyBytesMax,
    minimum: 1,
    description: 'Largest body of a request, in bytes',
  }),
  BATCH_EVENTS_MAX: Type.Integer({
    default: defaultLimits.batchEventsMax,
    minimum: 1,
    description: 'Most events in one request',
  }),
};

/** Further settings of the collector as a process of its own, besides {@link collectorSettings} and those of Kafka. */
export const collectorProcessSettings = {
  ...listenSettings(8080),
  ...accessSettings,
  ...catalogueSettings,
};

/** The secrets of the tools' webhooks, by the names of their environment variables. */
export const webhookSettings = {
  GITHUB_WEBHOOK_SECRET: Type.Optional(Type.String({ description: "Secret of GitHub's webhooks" })),
  GITLAB_WEBHOOK_TOKEN: Type.Optional(
    Type.String({
      // Standard Webhooks: a signing token is 24 to 64 bytes in base64.
      pattern: '^(?!whsec_)|^whsec_[A-Za-z0-9+/]{32,86}={0,2}$',
      description: "Secret token, or signing token (whsec_…), of GitLab's webhooks",
    }),
  ),
  WEBHOOK_TOKEN: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_~.-]+$',
      description: "Token of the other tools' webhooks: bearer, password of Basic, or last part of the path",
    }),
  ),
};

export interface CollectorConfig {
  /** Empty: any sender may write, see {@link listenFault}. */
  readonly tokens: readonly Token[];
  readonly limits: Limits;
  readonly secrets: WebhookSecrets;
}

/**
 * Reads the collector's settings and tokens.
 * @throws {ConfigError} with every problem at once, including those of the tokens file
 */
export function readCollectorConfig(env: Environment): CollectorConfig {
  const problems: string[] = [];
  const limits = readLimits(env, problems);
  const tokens = readTokens(env, problems);
  const secrets = readSecrets(env, tokens, problems);
  if (limits === null || secrets === null || problems.length > 0) throw new ConfigError(problems);
  return { tokens, limits, secrets };
}

export interface CollectorProcessConfig extends CollectorConfig {
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly readToken: string | undefined;
  readonly kafka: KafkaConfig;
  readonly catalogue: ReadCatalogue;
}

/** @throws {ConfigError} with every problem at once */
export function readCollectorProcessConfig(env: Environment): CollectorProcessConfig {
  const problems: string[] = [];
  const part = <T>(read: () => T) => collectProblems(problems, read);
  const settings = part(() => readConfig(Type.Object(listenSettings(8080)), env));
  const access = part(() => ({ readToken: readAccess(env) }));
  const collector = part(() => readCollectorConfig(env));
  const kafka = part(() => readKafkaConfig(env));
  const catalogue = part(() => readCatalogueConfig(env));
  const fault = settings && collector ? listenFault(settings.HOST, collector.tokens.length > 0) : null;
  if (fault !== null) problems.push(fault);
  if (!settings || !access || !collector || !kafka || !catalogue || problems.length > 0)
    throw new ConfigError(problems);
  return {
    host: settings.HOST,
    port: settings.PORT,
    logLevel: settings.LOG_LEVEL,
    ...access,
    ...collector,
    kafka,
    catalogue,
  };
}

function readLimits(env: Environment, problems: string[]): Limits | null {
  const settings = collectProblems(problems, () => readConfig(Type.Object(collectorSettings), env));
  return settings && { bodyBytesMax: settings.BODY_BYTES_MAX, batchEventsMax: settings.BATCH_EVENTS_MAX };
}

function readSecrets(env: Environment, tokens: readonly Token[], problems: string[]): WebhookSecrets | null {
  const settings = collectProblems(problems, () => readConfig(Type.Object(webhookSettings), env));
  if (settings === null) return null;
  const { GITHUB_WEBHOOK_SECRET: github, GITLAB_WEBHOOK_TOKEN: gitlab, WEBHOOK_TOKEN: token } = settings;
  return {
    ...(github !== undefined && { github }),
    ...(gitlab !== undefined && { gitlab }),
    tokens: token === undefined ? tokens : [...tokens, webhookToken(token)],
  };
}

function readTokens(env: Environment, problems: string[]): Token[] {
  const tokens: Token[] = [];
  const path = env['TOKENS_FILE'];
  if (path) {
    const file = readTokensFile(path);
    problems.push(...file.faults.map(fault => `TOKENS_FILE ${fault}`));
    tokens.push(...file.tokens);
  }
  const token = env['INGEST_TOKEN'];
  if (token) {
    const ingest = ingestToken(token);
    if (!/^[!-~]+$/.test(token))
      problems.push('INGEST_TOKEN must be printable ASCII without spaces: it travels in a header');
    if (tokens.some(other => other.name === ingest.name || other.hash === ingest.hash))
      problems.push(`INGEST_TOKEN is in TOKENS_FILE too, or its name ${ingest.name} is; keep one of the two`);
    tokens.push(ingest);
  }
  return tokens;
}

function readTokensFile(path: string): ReturnType<typeof parseTokens> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { tokens: [], faults: [`cannot be read: ${reason}`] };
  }
  return parseTokens(text);
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Why the collector must not listen on `host`; null if it may. Without a token it accepts events from any sender, so it
 * must stay on the loopback interface.
 */
export function listenFault(host: string, hasToken: boolean): string | null {
  if (hasToken || isLoopback(host)) return null;
  return (
    `HOST=${host} can be reached from other machines and no token is set, so anyone could write events. ` +
    'Set INGEST_TOKEN or TOKENS_FILE, or HOST=127.0.0.1.'
  );
}

function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  const version = isIP(host);
  return version !== 0 && loopback.check(host, version === 4 ? 'ipv4' : 'ipv6');
}
