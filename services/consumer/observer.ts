import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Why a message became a dead letter, one word each. */
export type DeadReason = 'not_json' | 'not_an_event' | 'not_storable';

/** Receives what happens in the consumer, to count it. Its methods must not throw. */
export interface ConsumerObserver {
  /** A transaction was committed. */
  stored(batch: {
    readonly events: number;
    readonly stored: number;
    readonly repeated: number;
    readonly conflicting: number;
    readonly seconds: number;
  }): void;
  /** Messages became dead letters. */
  dead(reason: DeadReason, count: number): void;
}

export interface ProcessMetrics extends ConsumerObserver {
  /** Messages that are still to be read, by partition of this consumer. */
  lag(lags: ReadonlyMap<number, number>): void;
}

/** Counts what happens in the consumer, in the metrics of the process. */
export function processMetrics(registry: Registry): ProcessMetrics {
  const registers = [registry];
  const lag = new Gauge({
    name: 'firstlight_consumer_lag_messages',
    help: 'Messages of the partition that are not stored yet; the partitions of this consumer only.',
    labelNames: ['partition'],
    registers,
  });
  const size = new Histogram({
    name: 'firstlight_consumer_batch_events',
    help: 'Events of one transaction.',
    buckets: [1, 10, 100, 500, 1_000, 2_000, 5_000, 10_000],
    registers,
  });
  const time = new Histogram({
    name: 'firstlight_consumer_batch_seconds',
    help: 'Time of one transaction, from its begin to its commit.',
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
    registers,
  });
  const events = new Counter({
    name: 'firstlight_consumer_events_total',
    help: 'Events read from the log and committed, by what became of them: stored, repeated or conflicting.',
    labelNames: ['outcome'],
    registers,
  });
  const dead = new Counter({
    name: 'firstlight_dead_letters_total',
    help: 'Messages put aside as dead letters, by reason.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of ['not_json', 'not_an_event', 'not_storable']) dead.inc({ reason }, 0);
  return {
    lag: lags => {
      lag.reset();
      for (const [partition, messages] of lags) lag.set({ partition }, messages);
    },
    stored: batch => {
      size.observe(batch.events);
      time.observe(batch.seconds);
      for (const outcome of ['stored', 'repeated', 'conflicting'] as const)
        events.inc({ outcome }, batch[outcome]);
    },
    dead: (reason, count) => dead.inc({ reason }, count),
  };
}
