import { refusal } from './refusal.ts';
import { lostConnection, retryUntilAnswered, type TemporaryFailure, temporaryFailureOf } from './retry.ts';
import { endpoint, type Server } from './server.ts';

/** Media types of a request body: JSON holds one event or an array, NDJSON one event per line. */
export type MediaType = 'application/json' | 'application/x-ndjson';

/**
 * Posts a body to `POST {url}/v1/events`. Every attempt sends the same bytes, so the server sees the same events.
 * Lost connections, 408, 429 and 5xx are retried after growing random pauses, or after `Retry-After`.
 * @returns once the server has answered 202: the events are durable
 * @throws {Refused} when the server refuses the request
 * @throws {Failure} when no attempt reached the server
 */
export async function postEvents(server: Server, body: string, mediaType: MediaType): Promise<void> {
  const target = endpoint(server.url, 'v1/events');
  const headers = new Headers({ 'content-type': mediaType, accept: 'application/json' });
  if (server.token !== undefined) headers.set('authorization', `Bearer ${server.token}`);

  const advice = 'Nothing is lost: send the same again later, or check --url.';
  await retryUntilAnswered(server, () => attempt(target, headers, body, server.timeoutMs), advice);
}

interface Accepted {
  readonly accepted: true;
}

async function attempt(
  target: URL,
  headers: Headers,
  body: string,
  timeoutMs: number,
): Promise<Accepted | TemporaryFailure> {
  const request = {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  } as const;
  let response: Response;
  let text: string;
  try {
    response = await fetch(target, request);
    text = await response.text();
  } catch (error) {
    return { trouble: lostConnection(error, timeoutMs), retryAfterMs: undefined };
  }
  const { status } = response;
  if (status === 202) return { accepted: true };
  const failure = temporaryFailureOf(response);
  if (failure) return failure;
  throw refusal(target, status, text);
}
