import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs, endpoint, lostConnection, parseRetryAfter, refusal, type Server } from './client.ts';
import { exitStatus, Failure } from './failure.ts';

const patienceMs = 60_000;

/**
 * What `GET {url}/{path}` answers with 200, as text. Tries again as often as `server` says.
 * @throws {Refused} when the server says no, {@link Failure} when it could not be reached in all tries
 */
export async function readText(
  server: Server,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<string> {
  const target = endpoint(server.url, path);
  target.search = new URLSearchParams(query).toString();
  const headers = new Headers();
  if (server.token !== undefined) headers.set('authorization', `Bearer ${server.token}`);
  for (let tries = 1; ; tries++) {
    const outcome = await attempt(target, headers, server.timeoutMs);
    if ('text' in outcome) return outcome.text;
    const pauseMs = outcome.retryAfterMs ?? backoffMs(tries, Math.random());
    if (tries > server.retries || pauseMs > patienceMs)
      throw new Failure(
        `${server.url.href} is not available: ${outcome.trouble} (tries: ${tries}). Try again later, or check --url.`,
        exitStatus.unavailable,
      );
    console.error(`${outcome.trouble}; trying again in ${(pauseMs / 1000).toFixed(1)} s`);
    await sleep(pauseMs);
  }
}

async function attempt(
  target: URL,
  headers: Headers,
  timeoutMs: number,
): Promise<{ text: string } | { trouble: string; retryAfterMs: number | undefined }> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(target, { headers, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    text = await response.text();
  } catch (error) {
    return { trouble: lostConnection(error, timeoutMs), retryAfterMs: undefined };
  }
  const { status } = response;
  if (status === 200) return { text };
  if (status === 408 || status === 429 || status >= 500) {
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now());
    return { trouble: `the server answered ${status}`, retryAfterMs };
  }
  throw refusal(target, status, text);
}
