import { exitStatus, Failure } from './failure.ts';
import { passingTrouble, type Trouble, untilAnswered } from './retry.ts';

/** A Firstlight server and how patiently to talk to it. */
export interface Server {
  readonly url: URL;
  readonly token: string | undefined;
  /** Tries after the first one. */
  readonly retries: number;
  /** Of each try. */
  readonly timeoutMs: number;
}

/** What is wrong with one event of a request: an entry of `errors` in the server's problem+json. */
export interface ItemFault {
  readonly item: number;
  readonly field: string;
  readonly detail: string;
}

/** The server read the request and said no; sending it again would not help. */
export class Refused extends Failure {
  readonly faults: readonly ItemFault[];

  constructor(message: string, faults: readonly ItemFault[]) {
    super([message, ...faults.map(describeFault)].join('\n'), exitStatus.refused);
    this.name = 'Refused';
    this.faults = faults;
  }
}

/** Media types of a request body: one event or an array, and one event per line. */
export type MediaType = 'application/json' | 'application/x-ndjson';

/**
 * Posts a body to `POST {url}/v1/events`; every try sends the same bytes, so the server sees the same events.
 * Tries again after lost connections, 408, 429 and 5xx, with growing random pauses, or after `Retry-After`.
 * @returns once the server has answered 202: the events are durable.
 * @throws {Refused} when the server says no, {@link Failure} when it could not be reached in all tries.
 */
export async function postEvents(server: Server, body: string, mediaType: MediaType): Promise<void> {
  const target = endpoint(server.url, 'v1/events');
  const headers = new Headers({ 'content-type': mediaType, accept: 'application/json' });
  if (server.token !== undefined) headers.set('authorization', `Bearer ${server.token}`);

  const advice = 'Nothing is lost: send the same again later, or check --url.';
  await untilAnswered(server, () => attempt(target, headers, body, server.timeoutMs), advice);
}

/** `path` below the server's URL, whose own path is kept. */
export function endpoint(url: URL, path: string): URL {
  return new URL(path, url.href.endsWith('/') ? url : `${url.href}/`);
}

interface Accepted {
  readonly accepted: true;
}

async function attempt(
  target: URL,
  headers: Headers,
  body: string,
  timeoutMs: number,
): Promise<Accepted | Trouble> {
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
  const trouble = passingTrouble(response);
  if (trouble) return trouble;
  throw refusal(target, status, text);
}

/** Why there was no answer, in words. */
export function lostConnection(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  const cause = error.cause;
  if (cause instanceof Error)
    return `the connection failed (${'code' in cause ? String(cause.code) : cause.message})`;
  return error.message;
}

/** An answer that says no, in words. */
export function refusal(target: URL, status: number, text: string): Refused {
  if (status < 400)
    return new Refused(
      `${target.href} answered ${status} where a Firstlight server answers 202: check --url.`,
      [],
    );
  const problem = parseObject(text);
  const faults = Array.isArray(problem['errors']) ? problem['errors'].flatMap(itemFault) : [];
  const said = [problem['title'], problem['detail']].filter(part => typeof part === 'string').join(': ');
  const hint = status === 401 ? ' (--token or FIRSTLIGHT_TOKEN)' : '';
  return new Refused(`The server refused it: ${status}${said === '' ? '' : ` ${said}`}${hint}`, faults);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? { ...value } : {};
  } catch {
    return {};
  }
}

function itemFault(value: unknown): ItemFault[] {
  if (value === null || typeof value !== 'object') return [];
  const { item, field, detail }: { item?: unknown; field?: unknown; detail?: unknown } = value;
  return [{ item: Number(item ?? 0), field: String(field ?? ''), detail: String(detail ?? '') }];
}

function describeFault({ item, field, detail }: ItemFault): string {
  return `  item ${item}: ${field === '' ? '' : `${field} `}${detail}`;
}
