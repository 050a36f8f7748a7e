import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { dayMs, openDaysMax, windowDaysMax } from '../../../domain/metrics/definitions.ts';
import { findings } from '../../../domain/metrics/measures.ts';
import { windowOf } from './aggregates.ts';
import { indexAt, type StreamColumns } from './columns.ts';
import type { Stream } from './source.ts';

/** What the snapshot reports about its own work; all times in seconds. */
export interface ProcessMetrics {
  /** A refresh was read and published. */
  refreshed(seconds: number): void;
  /** The database could not be read. */
  failed(): void;
  /** The time from accepting an event to showing it. */
  visible(seconds: number): void;
  /** Findings by reason, over the longest window and all services. */
  found(counts: Readonly<Record<string, number>>): void;
  /** The rollouts that have some of the traffic at `now`, and for how long. */
  partial(streams: readonly Stream[], now: number): void;
}

/**
 * Registers the metrics service's own metrics.
 * @param ageSeconds how long ago the database last confirmed what a scrape shows; asked at each scrape
 */
export function processMetrics(registry: Registry, ageSeconds: () => number): ProcessMetrics {
  const registers = [registry];
  new Gauge({
    name: 'firstlight_snapshot_age_seconds',
    help: 'Time since the database last confirmed the numbers that this scrape shows.',
    registers,
    collect() {
      this.set(ageSeconds());
    },
  });
  const refresh = new Histogram({
    name: 'firstlight_snapshot_refresh_seconds',
    help: 'How long it took to read the touched services again and to publish the snapshot.',
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
    registers,
  });
  const failures = new Counter({
    name: 'firstlight_snapshot_failures_total',
    help: 'How often the database could not be read; the last snapshot was served on.',
    registers,
  });
  const visible = new Histogram({
    name: 'firstlight_event_visible_seconds',
    help: 'Time from accepting an event to the snapshot that shows it, of the oldest event of each batch.',
    buckets: [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300],
    registers,
  });
  const finding = new Gauge({
    name: 'firstlight_findings',
    help: 'Data-quality findings of the longest window by reason; conflicting repeats since the beginning.',
    labelNames: ['reason'],
    registers,
  });
  const partial = new Gauge({
    name: 'firstlight_partial_exposure_seconds',
    help: 'Time since the last step of the newest rollout, where it has some of the traffic and never had all of it.',
    labelNames: ['service', 'team', 'environment'],
    registers,
  });
  return {
    refreshed: seconds => refresh.observe(seconds),
    failed: () => failures.inc(),
    visible: seconds => visible.observe(seconds),
    found: counts => {
      for (const [reason, count] of Object.entries(counts)) finding.set({ reason }, count);
    },
    partial: (streams, now) => {
      partial.reset();
      for (const { labels, seconds } of partialExposures(streams, now)) partial.set(labels, seconds);
    },
  };
}

/** Rollouts whose last step is older than the longest window are left out, as everywhere else. */
function partialExposures(streams: readonly Stream[], now: number) {
  return streams.flatMap(({ service, team, environment, partialSince }) => {
    if (partialSince === null || partialSince <= now - windowDaysMax * dayMs) return [];
    return [{ labels: { service, team, environment }, seconds: Math.max(0, now - partialSince) / 1000 }];
  });
}

/** Findings of the longest window by reason; zero included, so that a rule on them can tell 0 from silence. */
export function findingCounts(
  streams: readonly StreamColumns[],
  conflictingRepeats: number,
  now: number,
): Record<string, number> {
  const { from, to } = windowOf(windowDaysMax, now);
  const counts = Object.fromEntries(findings.map(finding => [finding, 0]));
  for (const { columns } of streams) {
    for (const finding of findings) {
      const timestamps = columns.get(finding)?.timestamps;
      if (timestamps)
        counts[finding] = (counts[finding] ?? 0) + indexAt(timestamps, to) - indexAt(timestamps, from);
    }
  }
  return {
    ...counts,
    open_long: sum(streams.map(({ stream }) => openLong(stream.openSince, now))),
    conflicting_repeat: conflictingRepeats,
  };
}

const openLong = (since: readonly number[], now: number) =>
  since.filter(at => at < now - openDaysMax * dayMs).length;
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
