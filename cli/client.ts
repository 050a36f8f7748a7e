import { setTimeout as sleep } from 'node:timers/promises';
import { exitStatus, Failure } from './failure.ts';

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

const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** A server that asks for a longer wait than this is taken as not available. */
const patienceMs = 60_000;

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

  for (let tries = 1; ; tries++) {
    const outcome = await attempt(target, headers, body, server.timeoutMs);
    if (outcome === 'accepted') return;
    const pauseMs = outcome.retryAfterMs ?? backoffMs(tries, Math.random());
    if (tries > server.retries || pauseMs > patienceMs)
      throw new Failure(
        `${server.url.href} is not available: ${outcome.trouble} (tries: ${tries}). Nothing is lost: send the same again later, or check --url.`,
        exitStatus.unavailable,
      );
    console.error(`${outcome.trouble}; trying again in ${(pauseMs / 1000).toFixed(1)} s`);
    await sleep(pauseMs);
  }
}

/** `path` below the server's URL, whose own path is kept. */
export function endpoint(url: URL, path: string): URL {
  return new URL(path, url.href.endsWith('/') ? url : `${url.href}/`);
}

/**
 * The pause after the given failed try, in milliseconds: doubled each time, and between half and whole by chance,
 * so that senders that failed together do not come back together.
 * @param chance from 0 to 1
 */
export function backoffMs(tries: number, chance: number): number {
  const whole = Math.min(firstPauseMs * 2 ** (tries - 1), longestPauseMs);
  return whole * (0.5 + chance / 2);
}

/**
 * The wait that a `Retry-After` header asks for, in milliseconds: seconds, or an HTTP date.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

interface Trouble {
  readonly trouble: string;
  readonly retryAfterMs: number | undefined;
}

async function attempt(
  target: URL,
  headers: Headers,
  body: string,
  timeoutMs: number,
): Promise<'accepted' | Trouble> {
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
  if (status === 202) return 'accepted';
  if (status === 408 || status === 429 || status >= 500)
    return {
      trouble: `the server answered ${status}`,
      retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), Date.now()),
    };
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
