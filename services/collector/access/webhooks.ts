import { createHmac } from 'node:crypto';
import { tokenIn } from '../../../platform/http/access.ts';
import { isSameText } from '../../../platform/http/same-text.ts';
import { unauthorized } from '../refusal.ts';
import type { Source, ToolRequest } from '../sources/source.ts';
import { anonymous, type Client, clientOf, type Token } from './tokens.ts';

/** The secrets with which the tools' webhooks are authenticated. */
export interface WebhookSecrets {
  /** Secret of GitHub's webhooks. */
  readonly github?: string;
  /** Secret or signing token of GitLab's webhooks. */
  readonly gitlab?: string;
  /** Tokens of the tools that send one; empty: no token is needed. */
  readonly tokens: readonly Token[];
}

/** Whether the tool signs the body, so that authentication has to wait for the body. */
export function signsBody(source: Source, secrets: WebhookSecrets): boolean {
  return source.scheme !== 'token' && secrets[source.scheme] !== undefined;
}

/**
 * Authenticates the sender of a webhook: by the tool's own scheme if its secret is set, else by a token.
 * @param pathToken the last part of the path, for tools that can set no header
 * @param now milliseconds since 1970; a signature of GitLab is valid for five minutes
 * @throws {Refusal} 401
 */
export function admit(
  source: Source,
  request: ToolRequest,
  pathToken: string | undefined,
  secrets: WebhookSecrets,
  now: number,
): Client {
  const { github, gitlab } = secrets;
  if (source.scheme === 'github' && github !== undefined)
    return signedClient(source, verifyGithub(github, request.headers, request.body), 'GITHUB_WEBHOOK_SECRET');
  if (source.scheme === 'gitlab' && gitlab !== undefined)
    return signedClient(
      source,
      verifyGitlab(gitlab, request.headers, request.body, now),
      'GITLAB_WEBHOOK_TOKEN',
    );
  return admitByToken(request.headers['authorization'], pathToken, secrets.tokens);
}

/**
 * Authenticates the sender of a webhook by a token: a bearer, the password of Basic with any name, or the last part of
 * the path.
 * @throws {Refusal} 401
 */
export function admitByToken(
  authorization: string | undefined,
  pathToken: string | undefined,
  tokens: readonly Token[],
): Client {
  if (tokens.length === 0) return anonymous;
  const sent = pathToken ?? tokenIn(authorization ?? '');
  const client = sent === null ? null : clientOf(sent, tokens);
  if (client) return client;
  throw unauthorized(
    'Send a known token: as `Authorization: Bearer TOKEN`, as password of Basic, or as the last part of the path.',
  );
}

function signedClient(source: Source, isValid: boolean, setting: string): Client {
  if (isValid) return { name: source.tool };
  throw unauthorized(`The request is not signed with ${setting}; set the same secret at ${source.tool}.`);
}

type Headers = Readonly<Record<string, string | undefined>>;

/** How far a signed timestamp may be from our clock, in milliseconds; Standard Webhooks advises five minutes. */
const toleranceMs = 300_000;

/**
 * Whether GitHub signed the body with the secret: `X-Hub-Signature-256: sha256=<hex of the HMAC of the raw body>`.
 * @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
function verifyGithub(secret: string, headers: Headers, body: Uint8Array): boolean {
  const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  return isSameText(headers['x-hub-signature-256'] ?? '', expected);
}

/**
 * Whether a request of GitLab has the secret token in `X-Gitlab-Token`. If the secret is a signing token (`whsec_…`),
 * the request must be signed with it as Standard Webhooks specify.
 * @param now milliseconds since 1970
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
function verifyGitlab(secret: string, headers: Headers, body: Uint8Array, now: number): boolean {
  if (!secret.startsWith('whsec_')) return isSameText(headers['x-gitlab-token'] ?? '', secret);
  const {
    'webhook-id': id = '',
    'webhook-timestamp': timestamp = '',
    'webhook-signature': signatures = '',
  } = headers;
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - Number(timestamp) * 1000) > toleranceMs) return false;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return signatures.split(' ').some(signature => isSameText(signature, `v1,${expected}`));
}
