import type { DemoService } from '../company.ts';
import type { EventList } from '../event-list.ts';
import type { Random } from '../random.ts';

/** The state of a service between its releases. Times are in milliseconds since 1970. */
export interface ServiceState {
  /** When the last release ends; the next one begins later. */
  busyUntil: number;
  lastMergedAt: number;
  /** The revision that the service runs: the last one that was released and not rolled back. */
  goodRevision: string | null;
  /** The number of releases so far. */
  releases: number;
  /** The number of changes so far. */
  changes: number;
}

/** How a team releases in a certain week. */
export interface Practice {
  /** Whether it moves traffic in steps. */
  readonly adopted: boolean;
  /** How well it does that, from 0 to 1. */
  readonly maturity: number;
  /** A factor on the probability of failures, usually 1. */
  readonly strain: number;
}

/** A service in a certain week, and the list that receives its events. */
export interface ServiceWeek {
  readonly events: EventList;
  readonly service: DemoService;
  readonly state: ServiceState;
  readonly practice: Practice;
  readonly random: Random;
}

/** A release of a service. */
export interface Release extends ServiceWeek {
  readonly rollout: string;
  /** The change or artifact that its exposures name. */
  readonly change: string;
  readonly at: number;
  readonly rework: boolean;
}

export const blend = (from: number, to: number, share: number) => from + (to - from) * share;

/** Counts a release. @returns the name of its rollout */
export function nextRollout(service: DemoService, state: ServiceState): string {
  state.releases += 1;
  return `${service.name}-${state.releases}`;
}
