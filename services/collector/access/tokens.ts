import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Ajv, type ErrorObject } from 'ajv';
import { type Static, Type } from 'typebox';

/** Who sends: an authenticated client. */
export interface Client {
  /** The `source` of its events that name none. */
  readonly name: string;
  /** Services that it may write; a `*` at the end stands for any rest. Absent: every service. */
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

/** A token as it is kept: never itself, only `sha256:` and the 64 hex digits of its hash. */
export type Token = Readonly<Static<typeof tokenSchema>>;

const isTokensFile = new Ajv({ allErrors: true }).compile<Static<typeof fileSchema>>(fileSchema);

/** The client of a collector without any token. */
export const anonymous: Client = { name: 'anonymous' };

/** A new token and the hash under which it is kept. The token itself is shown once, to whoever will send with it. */
export function newToken(): { token: string; hash: string } {
  const token = `flt_${randomBytes(32).toString('base64url')}`;
  return { token, hash: hashOf(token) };
}

/** `sha256:` and the hash of the token in lower-case hex. */
export function hashOf(token: string): string {
  return `sha256:${hash('sha256', token)}`;
}

/** The one token of `INGEST_TOKEN`: client `ingest`, every service. */
export function ingestToken(token: string): Token {
  return { name: 'ingest', hash: hashOf(token) };
}

/** The token of `WEBHOOK_TOKEN`: client `webhook`, every service, webhooks only. */
export function webhookToken(token: string): Token {
  return { name: 'webhook', hash: hashOf(token) };
}

/**
 * The tokens of a `TOKENS_FILE`: `{"tokens": [{"name": "ci", "hash": "sha256:…", "services": ["checkout", "web-*"]}]}`.
 * @returns the tokens, or everything that is wrong with the file, a sentence each.
 */
export function parseTokens(text: string): { tokens: readonly Token[]; faults: readonly string[] } {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    // V8's message would quote a part of the file, and a log is no place for that.
    return { tokens: [], faults: ['is not valid JSON'] };
  }
  if (!isTokensFile(file)) return { tokens: [], faults: (isTokensFile.errors ?? []).map(faultOf) };
  const faults = [...repeated(file.tokens, 'name'), ...repeated(file.tokens, 'hash')];
  return faults.length > 0 ? { tokens: [], faults } : { tokens: file.tokens, faults };
}

/**
 * The client that an `Authorization: Bearer …` header stands for; null when it is none of ours.
 * Without any token configured everyone is {@link anonymous}.
 */
export function authenticate(header: string | undefined, tokens: readonly Token[]): Client | null {
  if (tokens.length === 0) return anonymous;
  const token = /^bearer +(\S+) *$/i.exec(header ?? '')?.[1];
  return token === undefined ? null : clientOf(token, tokens);
}

/** The client of a token; null when it is none of ours. Takes the same time whichever token it is. */
export function clientOf(token: string, tokens: readonly Token[]): Client | null {
  const sent = Buffer.from(hashOf(token));
  let client: Client | null = null;
  for (const { hash: known, ...named } of tokens) {
    const same = timingSafeEqual(sent, Buffer.from(known));
    if (same) client = named;
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

function repeated(tokens: readonly Token[], field: 'name' | 'hash'): string[] {
  const values = tokens.map(token => token[field]);
  return values.flatMap((value, index) =>
    values.indexOf(value) < index
      ? [`tokens[${index}].${field} repeats tokens[${values.indexOf(value)}].${field}`]
      : [],
  );
}

function faultOf(error: ErrorObject): string {
  const place = error.instancePath
    .slice(1)
    .replace(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');
  const field = place.split('.').at(-1) ?? '';
  if (error.keyword === 'additionalProperties')
    return `${place || 'the file'} has an unknown field ${error.params['additionalProperty']}`;
  if (error.keyword === 'pattern' && field === 'hash')
    return `${place} must be sha256: and 64 lower-case hex digits; \`firstlight token create NAME\` prints one`;
  if (error.keyword === 'pattern' && field === 'name')
    return `${place} must have 1 to 200 characters, none of them a control character`;
  if (error.keyword === 'pattern')
    return `${place} must be the name of a service, or its beginning and a * at the end`;
  return `${place || 'the file'} ${error.message ?? 'is wrong'}`;
}
