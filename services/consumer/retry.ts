import { setTimeout as sleep } from 'node:timers/promises';
import type { PartitionBatch } from '../../platform/kafka/consumer.ts';

const heartbeatMs = 500;
const firstPauseMs = 100;
const longestPauseMs = 5_000;

type Membership = Pick<PartitionBatch, 'heartbeat' | 'isRunning'>;

/**
 * Retries `work` until it succeeds, and sends heartbeats meanwhile to stay a member of the consumer group.
 * @param onTrouble called with each failure; an error that it throws ends the attempts
 * @throws between two attempts, if the consumer is stopping or another member has the batch
 */
export async function untilDone(
  membership: Membership,
  work: () => Promise<void>,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    // A rebalance waits for the attempt. If it does not wait long enough, Kafka gives the batch out again.
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
