import { setTimeout as sleep } from 'node:timers/promises';
import { exitStatus, Failure } from './failure.ts';
import type { Server } from './server.ts';

/** An attempt that failed for a reason that may pass. */
export interface TemporaryFailure {
  readonly trouble: string;
  /** The wait that the server asks for. */
  readonly retryAfterMs: number | undefined;
}

const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** A server that asks for a longer wait counts as unavailable. */
export const retryAfterMaxMs = 60_000;

/**
 * Repeats `attempt` until it succeeds, at most `server.retries` times more. The pauses between attempts grow and are
 * random, unless the server asks for a certain wait.
 * @param advice a sentence for the user when all attempts have failed
 * @throws {Failure} when all attempts have failed; any error of `attempt`
 */
export async function retryUntilAnswered<T extends object>(
  server: Server,
  attempt: () => Promise<T | TemporaryFailure>,
  advice: string,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const outcome = await attempt();
    if (!('trouble' in outcome)) return outcome;
    const pauseMs = outcome.retryAfterMs ?? backoffMs(tries, Math.random());
    if (tries > server.retries || pauseMs > retryAfterMaxMs)
      throw new Failure(
        `${server.url.href} is not available: ${outcome.trouble} (tries: ${tries}). ${advice}`,
        exitStatus.unavailable,
      );
    console.error(`${outcome.trouble}; trying again in ${(pauseMs / 1000).toFixed(1)} s`);
    await sleep(pauseMs);
  }
}

/** The failure that an answer with status 408, 429 or 5xx means; null for other answers. */
export function temporaryFailureOf({ status, headers }: Response): TemporaryFailure | null {
  if (status !== 408 && status !== 429 && status < 500) return null;
  return {
    trouble: `the server answered ${status}`,
    retryAfterMs: parseRetryAfter(headers.get('retry-after'), Date.now()),
  };
}

/** Why `fetch` failed, in words. */
export function lostConnection(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  const cause = error.cause;
  if (cause instanceof Error)
    return `the connection failed (${'code' in cause ? String(cause.code) : cause.message})`;
  return error.message;
}

/**
 * The pause in milliseconds after the given failed attempt. It doubles each time, and a random part of up to a half
 * is taken off, so that clients that failed together do not retry together.
 * @param tries 1 for the first attempt
 * @param chance from 0 to 1
 */
export function backoffMs(tries: number, chance: number): number {
  const whole = Math.min(firstPauseMs * 2 ** (tries - 1), longestPauseMs);
  return whole * (0.5 + chance / 2);
}

/**
 * The wait in milliseconds that a `Retry-After` header asks for; the header holds seconds or an HTTP date.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
