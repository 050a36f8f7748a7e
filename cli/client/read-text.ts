import { refusal } from './refusal.ts';
import { lostConnection, retryUntilAnswered, type TemporaryFailure, temporaryFailureOf } from './retry.ts';
import { endpoint, type Server } from './server.ts';

/**
 * The text that `GET {url}/{path}` answers with status 200. Retries as often as `server` says.
 * @throws {Refused} when the server refuses the request
 * @throws {Failure} when no attempt reached the server
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
  const advice = 'Try again later, or check --url.';
  const { text } = await retryUntilAnswered(server, () => attempt(target, headers, server.timeoutMs), advice);
  return text;
}

async function attempt(
  target: URL,
  headers: Headers,
  timeoutMs: number,
): Promise<{ text: string } | TemporaryFailure> {
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
  const failure = temporaryFailureOf(response);
  if (failure) return failure;
  throw refusal(target, status, text);
}
