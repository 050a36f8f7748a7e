import { Counter, type Registry } from 'prom-client';
import type { IngestObserver } from './observer.ts';

/** Counts what the collector does, in the registry's own metrics. */
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
    unknown: (source, services) => unknown.inc({ source }, services.length),
  };
}
