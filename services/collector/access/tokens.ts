import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Ajv, type ErrorObject } from 'ajv';
import { type Static, Type } from 'typebox';
import { unauthorized } from '../refusal.ts';

/** An authenticated sender. */
export interface Client {
  /** The default `source` of its events. */
  readonly name: string;
  /** Services that it may write; a `*` at the end matches any rest. Absent: every service. */
  readonly services?: readonly string[];
}

const tokenSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[^\\u0000-\\u001f\\uD800-\\uDFFF]{1,200}$' }),
    hash: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
    services: Type.Optional(Type.Array(Type.String({ pattern: '^([^*]+\\*?|\\*)$' }), { minItems: 1 })),
  },
  { additionalProperties: false },
);
const fileSchema = Type.Object(
  { tokens: Type.Array(tokenSchema, { minItems: 1 }) },
  { additionalProperties: false },
);

/** A stored token: only its hash, `sha256:` and 64 hex digits, never the token itself. */
export type Token = Readonly<Static<typeof tokenSchema>>;

const isTokensFile = new Ajv({ allErrors: true }).compile<Static<typeof fileSchema>>(fileSchema);

/** The client of a collector without any token. */
export const anonymous: Client = { name: 'anonymous' };

/** Makes a new token and its hash. The token is shown once, to the person who asked for it, and not stored. */
export function newToken(): { token: string; hash: string } {
  const token = `flt_${randomBytes(32).toString('base64url')}`;
  return { token, hash: hashOf(token) };
}

/** The hash of a token: `sha256:` and 64 lower-case hex digits. */
export function hashOf(token: string): string {
  return `sha256:${hash('sha256', token)}`;
}

/** The token of `INGEST_TOKEN`: client `ingest`, every service. */
export function ingestToken(token: string): Token {
  return { name: 'ingest', hash: hashOf(token) };
}

/** The token of `WEBHOOK_TOKEN`: client `webhook`, every service, webhooks only. */
export function webhookToken(token: string): Token {
  return { name: 'webhook', hash: hashOf(token) };
}

/**
 * Parses a `TOKENS_FILE`: `{"tokens": [{"name": "ci", "hash": "sha256:…", "services": ["checkout", "web-*"]}]}`.
 * @returns the tokens, or every fault of the file, a sentence each
 */
export function parseTokens(text: string): { tokens: readonly Token[]; faults: readonly string[] } {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    // V8's message quotes a part of the file, which must not appear in a log.
    return { tokens: [], faults: ['is not valid JSON'] };
  }
  if (!isTokensFile(file)) return { tokens: [], faults: (isTokensFile.errors ?? []).map(faultOf) };
  const faults = [...faultsOfRepeated(file.tokens, 'name'), ...faultsOfRepeated(file.tokens, 'hash')];
  return faults.length > 0 ? { tokens: [], faults } : { tokens: file.tokens, faults };
}

/**
 * The client of an `Authorization: Bearer …` header; null if the token is not known. Without any token configured, every
 * sender is {@link anonymous}.
 */
export function authenticate(header: string | undefined, tokens: readonly Token[]): Client | null {
  if (tokens.length === 0) return anonymous;
  const token = /^bearer +(\S+) *$/i.exec(header ?? '')?.[1];
  return token === undefined ? null : clientOf(token, tokens);
}

/** The client of an `Authorization: Bearer …` header. @throws {Refusal} 401 if the token is not known */
export function admitBearer(header: string | undefined, tokens: readonly Token[]): Client {
  const client = authenticate(header, tokens);
  if (client) return client;
  throw unauthorized('Send a known token in the header `Authorization: Bearer TOKEN`.');
}

/** The client of a token; null if the token is not known. The time it takes does not depend on the token. */
export function clientOf(token: string, tokens: readonly Token[]): Client | null {
  const sent = Buffer.from(hashOf(token));
  let client: Client | null = null;
  for (const { hash: storedHash, ...owner } of tokens) {
    const isSame = timingSafeEqual(sent, Buffer.from(storedHash));
    if (isSame) client = owner;
  }
  return client;
}

/** Whether the client may write events of the service; an event without one needs a client that may write any. */
export function mayWrite(client: Client, service: string | undefined): boolean {
  if (client.services === undefined) return true;
  if (service === undefined) return client.services.includes('*');
  return client.services.some(allowed =>
    allowed.endsWith('*') ? service.startsWith(allowed.slice(0, -1)) : service === allowed,
  );
}

function faultsOfRepeated(tokens: readonly Token[], field: 'name' | 'hash'): string[] {
  const values = tokens.map(token => token[field]);
  return values.flatMap((value, index) =>
    values.indexOf(value) < index
      ? [`tokens[${index}].${field} repeats tokens[${values.indexOf(value)}].${field}`]
      : [],
  );
}

function faultOf(error: ErrorObject): string {
  const position = error.instancePath
    .slice(1)
    .replace(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');
  const field = position.split('.').at(-1) ?? '';
  if (error.keyword === 'additionalProperties')
    return `${position || 'the file'} has an unknown field ${error.params['additionalProperty']}`;
  if (error.keyword === 'pattern' && field === 'hash')
    return `${position} must be sha256: and 64 lower-case hex digits; \`firstlight token create NAME\` prints one`;
  if (error.keyword === 'pattern' && field === 'name')
    return `${position} must have 1 to 200 characters, none of them a control character`;
  if (error.keyword === 'pattern')
    return `${position} must be the name of a service, or its beginning and a * at the end`;
  return `${position || 'the file'} ${error.message ?? 'is wrong'}`;
}
