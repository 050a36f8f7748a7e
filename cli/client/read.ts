import { endpoint, lostConnection, refusal, type Server } from './client.ts';
import { passingTrouble, type Trouble, untilAnswered } from './retry.ts';

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
  const advice = 'Try again later, or check --url.';
  const { text } = await untilAnswered(server, () => attempt(target, headers, server.timeoutMs), advice);
  return text;
}

async function attempt(
  target: URL,
  headers: Headers,
  timeoutMs: number,
): Promise<{ text: string } | Trouble> {
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
  const trouble = passingTrouble(response);
  if (trouble) return trouble;
  throw refusal(target, status, text);
}
