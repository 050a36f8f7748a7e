import { exitStatus, Failure } from '../client/failure.ts';
import { refusal } from '../client/refusal.ts';
import {
  lostConnection,
  retryUntilAnswered,
  type TemporaryFailure,
  temporaryFailureOf,
} from '../client/retry.ts';
import { endpoint, type Server } from '../client/server.ts';

/**
 * Opens the body of `GET {url}/{path}`, which may be of any length. Retries until the body begins, as often as
 * `server` says.
 * @returns the chunks of the body; reading them throws a {@link Failure} when the connection breaks, or when no chunk
 *   arrives within the server's timeout
 * @throws {Refused} when the server refuses the request
 * @throws {Failure} when no attempt reached the server
 */
export async function download(
  server: Server,
  path: string,
  query: URLSearchParams,
): Promise<AsyncIterable<Uint8Array>> {
  const target = endpoint(server.url, path);
  target.search = query.toString();
  const headers = new Headers();
  if (server.token !== undefined) headers.set('authorization', `Bearer ${server.token}`);
  const begin = async (): Promise<Download | TemporaryFailure> => {
    const timeout = new IdleTimeout(server.timeoutMs);
    const outcome = await attempt(target, headers, timeout);
    return 'body' in outcome ? { ...outcome, timeout } : outcome;
  };
  const { body, timeout } = await retryUntilAnswered(server, begin, 'Try again later, or check --url.');
  return readChunks(body, timeout, server);
}

interface Download {
  readonly body: AsyncIterable<Uint8Array>;
  readonly timeout: IdleTimeout;
}

async function attempt(
  target: URL,
  headers: Headers,
  timeout: IdleTimeout,
): Promise<Pick<Download, 'body'> | TemporaryFailure> {
  let response: Response;
  try {
    response = await fetch(target, { headers, redirect: 'manual', signal: timeout.signal });
    if (response.status === 200 && response.body) return { body: response.body };
    const { status } = response;
    const text = await response.text();
    timeout.clear();
    const failure = temporaryFailureOf(response);
    if (failure) return failure;
    throw refusal(target, status, text);
  } catch (error) {
    timeout.clear();
    if (error instanceof Failure) throw error;
    return { trouble: lostConnection(error, timeout.ms), retryAfterMs: undefined };
  }
}

async function* readChunks(
  body: AsyncIterable<Uint8Array>,
  timeout: IdleTimeout,
  server: Server,
): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of body) {
      timeout.restart();
      yield chunk;
    }
  } catch (error) {
    const trouble = lostConnection(error, timeout.ms);
    throw new Failure(
      `${server.url.href} stopped in the middle: ${trouble}. Try again, with a larger --timeout if it is slow.`,
      exitStatus.unavailable,
    );
  } finally {
    timeout.clear();
  }
}

/** Aborts a request when no data arrives for `ms` milliseconds. */
class IdleTimeout {
  readonly ms: number;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.ms = ms;
    this.restart();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(): void {
    this.clear();
    const error = new DOMException('no answer', 'TimeoutError');
    this.#timer = setTimeout(() => this.#controller.abort(error), this.ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
