import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './client.ts';
import { exitStatus, Failure } from './failure.ts';

/** A try that did not succeed, and may the next time. */
export interface Trouble {
  readonly trouble: string;
  /** How long the server asks to wait. */
  readonly retryAfterMs: number | undefined;
}

const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** A server that asks for a longer wait than this is taken as not available. */
export const retryMs = 60_000;

/**
 * Tries until there is an answer, as often as `server` says, after growing random pauses or those that it asks for.
 * @param advice what to do when all tries have failed
 * @throws {Failure} when all tries have failed, and what `attempt` throws
 */
export async function untilAnswered<T extends object>(
  server: Server,
  attempt: () => Promise<T | Trouble>,
  advice: string,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const outcome = await attempt();
    if (!('trouble' in outcome)) return outcome;
    const pauseMs = outcome.retryAfterMs ?? backoffMs(tries, Math.random());
    if (tries > server.retries || pauseMs > retryMs)
      throw new Failure(
        `${server.url.href} is not available: ${outcome.trouble} (tries: ${tries}). ${advice}`,
        exitStatus.unavailable,
      );
    console.error(`${outcome.trouble}; trying again in ${(pauseMs / 1000).toFixed(1)} s`);
    await sleep(pauseMs);
  }
}

/** What an answer says that may be another the next time; null for all other answers. */
export function passingTrouble({ status, headers }: Response): Trouble | null {
  if (status !== 408 && status !== 429 && status < 500) return null;
  return {
    trouble: `the server answered ${status}`,
    retryAfterMs: parseRetryAfter(headers.get('retry-after'), Date.now()),
  };
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
