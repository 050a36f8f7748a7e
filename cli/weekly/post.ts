import { setTimeout as sleep } from 'node:timers/promises';
import type { SlackMessage } from '../../services/metrics/report/render/slack.ts';
import { exitStatus, Failure } from '../client/failure.ts';
import { backoffMs, lostConnection, parseRetryAfter, retryAfterMaxMs } from '../client/retry.ts';

export interface PostOptions {
  /** Attempts after the first one. */
  readonly retries: number;
  /** Timeout of each attempt. */
  readonly timeoutMs: number;
}

/**
 * Posts a message to an incoming webhook. Error messages contain its host only, because the address is a secret.
 * 429 and 5xx are retried. A request without an answer is not: the webhook may have posted the message.
 * @throws {Failure}
 */
export async function postMessage(hook: URL, message: SlackMessage, options: PostOptions): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { status, reason, retryAfterMs } = await attempt(hook, message, options.timeoutMs);
    if (status >= 200 && status < 300) return;
    const isTemporary = status === 429 || status >= 500;
    if (!isTemporary)
      throw new Failure(
        `The webhook at ${hook.host} refused the report: ${status}${reason}. Check the address that --post or FIRSTLIGHT_POST_URL gives.`,
        exitStatus.refused,
      );
    const pauseMs = retryAfterMs ?? backoffMs(tries, Math.random());
    if (tries > options.retries || pauseMs > retryAfterMaxMs)
      throw new Failure(
        `The webhook at ${hook.host} does not take the report: it answered ${status} (tries: ${tries}). Try again later.`,
        exitStatus.unavailable,
      );
    console.error(`${hook.host} answered ${status}; trying again in ${(pauseMs / 1000).toFixed(1)} s`);
    await sleep(pauseMs);
  }
}

async function attempt(hook: URL, message: SlackMessage, timeoutMs: number) {
  try {
    const answer = await fetch(hook, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(message),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await answer.text();
    // Slack answers with one word, such as invalid_blocks. A longer text, such as an HTML page, is not shown.
    const reason = /^[\w ,.:-]{1,200}$/.test(text.trim()) ? ` ${text.trim()}` : '';
    const retryAfterMs = parseRetryAfter(answer.headers.get('retry-after'), Date.now());
    return { status: answer.status, reason, retryAfterMs };
  } catch (error) {
    throw new Failure(
      `The report was not posted to ${hook.host}: ${lostConnection(error, timeoutMs)}. Check the address, or try again later.`,
      exitStatus.unavailable,
    );
  }
}
