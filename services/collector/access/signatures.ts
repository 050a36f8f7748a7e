import { createHmac } from 'node:crypto';
import { isSameText } from '../../../platform/http/same-text.ts';

type Headers = Readonly<Record<string, string | undefined>>;

/** How old, or how far ahead of us, a signed request may be, in milliseconds; Standard Webhooks advises five minutes. */
const toleranceMs = 300_000;

/**
 * Whether GitHub signed the body with the secret: `X-Hub-Signature-256: sha256=<hex of the HMAC of the raw body>`.
 * @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function verifyGithub(secret: string, headers: Headers, body: Uint8Array): boolean {
  const wanted = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  return isSameText(headers['x-hub-signature-256'] ?? '', wanted);
}

/**
 * Whether a request of GitLab carries the secret token in `X-Gitlab-Token`, or, where the secret is a signing
 * token (`whsec_…`), is signed with it as Standard Webhooks say.
 * @param now milliseconds since 1970
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function verifyGitlab(secret: string, headers: Headers, body: Uint8Array, now: number): boolean {
  if (!secret.startsWith('whsec_')) return isSameText(headers['x-gitlab-token'] ?? '', secret);
  const {
    'webhook-id': id = '',
    'webhook-timestamp': timestamp = '',
    'webhook-signature': sent = '',
  } = headers;
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - Number(timestamp) * 1000) > toleranceMs) return false;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const wanted = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return sent.split(' ').some(signature => isSameText(signature, `v1,${wanted}`));
}
