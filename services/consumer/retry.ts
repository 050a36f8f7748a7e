import { setTimeout as sleep } from 'node:timers/promises';
import type { PartitionBatch } from '../../platform/kafka/consumer.ts';

const heartbeatMs = 500;
const firstPauseMs = 100;
const longestPauseMs = 5_000;

type Membership = Pick<PartitionBatch, 'heartbeat' | 'isRunning'>;

/**
 * Does `work` again and again until it succeeds, and keeps the membership in the group meanwhile.
 * @param onTrouble told of every failure; what it throws ends the attempts
 * @throws between two attempts, when the batch is not wanted any more or has gone to another member
 */
export async function untilDone(
  membership: Membership,
  work: () => Promise<void>,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    // A rebalance waits for what is under way; if it does not wait long enough, the batch comes again.
    const beats = setInterval(() => void membership.heartbeat().catch(() => {}), heartbeatMs);
    try {
      await work();
      return;
    } catch (error) {
      onTrouble(error);
    } finally {
      clearInterval(beats);
    }
    await pause(membership, pauseMs);
  }
}

async function pause({ heartbeat, isRunning }: Membership, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= heartbeatMs) {
    await sleep(Math.min(left, heartbeatMs));
    if (!isRunning()) throw new Error('the consumer is stopping; the batch keeps its place in the log');
    await heartbeat();
  }
}
