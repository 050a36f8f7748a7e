import type { EventOf, EventType, SentEvent } from '../../domain/events/event.ts';
import { formatTime } from '../../domain/events/time.ts';

/** An event of the demo. The story determines its id, so that storing it twice changes nothing. */
export type DemoEvent = SentEvent & { readonly id: string; readonly source: string; readonly time: string };

type Fields<T extends EventType> = Omit<EventOf<T>, 'type' | 'service' | 'id' | 'source' | 'time'>;

/** Collects the events of one service. Times are in milliseconds since 1970. */
export class EventList {
  readonly all: DemoEvent[] = [];
  readonly #service: string;
  readonly #team: string;

  constructor(service: string, team: string) {
    this.#service = service;
    this.#team = team;
  }

  created(at: number, fields: Fields<'change_created'>): void {
    this.#add(at, 'code-host', `created ${fields.change}`, { type: 'change_created', ...fields });
  }

  merged(at: number, fields: Fields<'change_merged'>): void {
    const event = { type: 'change_merged', team: this.#team, ...fields } as const;
    this.#add(at, 'code-host', `merged ${fields.change}`, event);
  }

  exposed(at: number, fields: Fields<'change_exposed'> & { readonly rollout: string }): void {
    const { rollout, environment = 'production', weight = 100 } = fields;
    const event = { type: 'change_exposed', team: this.#team, ...fields } as const;
    this.#add(at, 'rollouts', `exposed ${rollout} ${environment} ${weight}`, event);
  }

  rolledBack(at: number, fields: Fields<'change_rolled_back'> & { readonly rollout: string }): void {
    const { rollout, environment = 'production' } = fields;
    const event = { type: 'change_rolled_back', ...fields } as const;
    this.#add(at, 'rollouts', `rolled back ${rollout} ${environment}`, event);
  }

  detected(at: number, fields: Fields<'incident_detected'>): void {
    this.#add(at, 'alerts', `detected ${fields.incident}`, { type: 'incident_detected', ...fields });
  }

  resolved(at: number, fields: Fields<'incident_resolved'>): void {
    this.#add(at, 'alerts', `resolved ${fields.incident}`, { type: 'incident_resolved', ...fields });
  }

  flagged(at: number, fields: Fields<'flag_changed'>): void {
    const id = `flag ${fields.flag} ${Math.round(at)}`;
    this.#add(at, 'flags', id, { type: 'flag_changed', ...fields });
  }

  #add(at: number, source: string, id: string, event: Record<string, unknown> & { type: EventType }): void {
    this.all.push({
      ...event,
      service: this.#service,
      id: `${this.#service} ${id}`,
      // Databases of earlier demos hold events with this source.
      source: `sample/${source}`,
      time: formatTime(Math.round(at)),
    } as DemoEvent);
  }
}
