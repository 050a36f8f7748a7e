import { endpoint, lostConnection, refusal, type Server } from '../client/client.ts';
import { exitStatus, Failure } from '../client/failure.ts';
import { passingTrouble, type Trouble, untilAnswered } from '../client/retry.ts';

/**
 * Opens what `GET {url}/{path}` answers with 200, however long it is. Tries again until it begins, as often as `server` says.
 * @returns its chunks; reading them throws a {@link Failure} when the connection breaks, or rests for the server's timeout
 * @throws {Refused} when the server says no, {@link Failure} when it could not be reached in all tries
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
  const begin = async (): Promise<Begun | Trouble> => {
    const patience = new Patience(server.timeoutMs);
    const outcome = await attempt(target, headers, patience);
    return 'body' in outcome ? { ...outcome, patience } : outcome;
  };
  const { body, patience } = await untilAnswered(server, begin, 'Try again later, or check --url.');
  return chunks(body, patience, server);
}

interface Begun {
  readonly body: AsyncIterable<Uint8Array>;
  readonly patience: Patience;
}

async function attempt(
  target: URL,
  headers: Headers,
  patience: Patience,
): Promise<Omit<Begun, 'patience'> | Trouble> {
  let response: Response;
  try {
    response = await fetch(target, { headers, redirect: 'manual', signal: patience.signal });
    if (response.status === 200 && response.body) return { body: response.body };
    const { status } = response;
    const text = await response.text();
    patience.end();
    const trouble = passingTrouble(response);
    if (trouble) return trouble;
    throw refusal(target, status, text);
  } catch (error) {
    patience.end();
    if (error instanceof Failure) throw error;
    return { trouble: lostConnection(error, patience.ms), retryAfterMs: undefined };
  }
}

async function* chunks(
  body: AsyncIterable<Uint8Array>,
  patience: Patience,
  server: Server,
): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of body) {
      patience.renew();
      yield chunk;
    }
  } catch (error) {
    const trouble = lostConnection(error, patience.ms);
    throw new Failure(
      `${server.url.href} stopped in the middle: ${trouble}. Try again, with a larger --timeout if it is slow.`,
      exitStatus.unavailable,
    );
  } finally {
    patience.end();
  }
}

/** Ends a request that has not moved for so long. */
class Patience {
  readonly ms: number;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.ms = ms;
    this.renew();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  renew(): void {
    this.end();
    const timeout = new DOMException('no answer', 'TimeoutError');
    this.#timer = setTimeout(() => this.#controller.abort(timeout), this.ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
