import { Counter, type Registry } from 'prom-client';
import type { Catalogue } from '../../domain/catalogue/model.ts';
import type { EventType } from '../../domain/events/event.ts';
import type { DeadReason } from './publish/dead-requests.ts';
import type { RefusalReason } from './refusal.ts';

/** The kind of a request: `events`, `logs`, or the name of a tool. A sender cannot choose other values. */
export type Entry = string;

/** Receives what happens in the collector, to count it. Its methods must not throw. */
export interface IngestObserver {
  /** `count` events of one type are durable. */
  accepted(source: Entry, type: EventType, count: number): void;
  /** A request of `count` events was refused; 1 if they were not counted. */
  refused(source: Entry, reason: RefusalReason, count: number): void;
  /** An authentic request could not be mapped and was kept as a dead letter. */
  kept(source: Entry, reason: DeadReason): void;
  /** Events named services that the catalogue does not know. */
  unknownServices(source: Entry, services: readonly string[]): void;
}

export const silentObserver: IngestObserver = {
  accepted: () => {},
  refused: () => {},
  kept: () => {},
  unknownServices: () => {},
};

/** Counts what happens in the collector, in the metrics of the process. */
export function ingestMetrics(registry: Registry): IngestObserver {
  const registers = [registry];
  const accepted = new Counter({
    name: 'firstlight_events_accepted_total',
    help: 'Events answered with 202, repeated ones included, by the way in and by type.',
    labelNames: ['source', 'type'],
    registers,
  });
  const refused = new Counter({
    name: 'firstlight_events_refused_total',
    help: 'Events of requests that were refused, by the way in and by reason.',
    labelNames: ['source', 'reason'],
    registers,
  });
  const dead = new Counter({
    name: 'firstlight_dead_letters_total',
    help: 'Requests of tools put aside as dead letters, by the way in and by reason.',
    labelNames: ['source', 'reason'],
    registers,
  });
  const unknown = new Counter({
    name: 'firstlight_unknown_services_total',
    help: 'How often events came for a service that the catalogue does not know, by the way in.',
    labelNames: ['source'],
    registers,
  });
  return {
    accepted: (source, type, count) => accepted.inc({ source, type }, count),
    refused: (source, reason, count) => refused.inc({ source, reason }, count),
    kept: (source, reason) => dead.inc({ source, reason }),
    unknownServices: (source, services) => unknown.inc({ source }, services.length),
  };
}

/** Reports services that the catalogue does not know. With an empty catalogue, no service counts as unknown. */
export function reportUnknownServices(
  observer: IngestObserver,
  entry: Entry,
  catalogue: Catalogue,
  services: readonly string[],
): void {
  if (catalogue.services.length > 0 && services.length > 0)
    observer.unknownServices(entry, [...new Set(services)]);
}
