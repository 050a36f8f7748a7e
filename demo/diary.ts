import type { EventOf, EventType, SentEvent } from '../domain/events/event.ts';
import { formatTime } from '../domain/events/time.ts';

/** An event of the sample: its identity follows from the story, so that telling it twice changes nothing. */
export type DemoEvent = SentEvent & { readonly id: string; readonly source: string; readonly time: string };

type Fields<T extends EventType> = Omit<EventOf<T>, 'type' | 'service' | 'id' | 'source' | 'time'>;

/** Writes down what happens to one service; moments are milliseconds since 1970. */
export class Diary {
  readonly events: DemoEvent[] = [];
  readonly #service: string;
  readonly #team: string;

  constructor(service: string, team: string) {
    this.#service = service;
    this.#team = team;
  }

  created(at: number, fields: Fields<'change_created'>): void {
    this.#write(at, 'code-host', `created ${fields.change}`, { type: 'change_created', ...fields });
  }

  merged(at: number, fields: Fields<'change_merged'>): void {
    const said = { type: 'change_merged', team: this.#team, ...fields } as const;
    this.#write(at, 'code-host', `merged ${fields.change}`, said);
  }

  /** @param fields it must name its rollout */
  exposed(at: number, fields: Fields<'change_exposed'> & { readonly rollout: string }): void {
    const { rollout, environment = 'production', weight = 100 } = fields;
    const said = { type: 'change_exposed', team: this.#team, ...fields } as const;
    this.#write(at, 'rollouts', `exposed ${rollout} ${environment} ${weight}`, said);
  }

  rolledBack(at: number, fields: Fields<'change_rolled_back'> & { readonly rollout: string }): void {
    const { rollout, environment = 'production' } = fields;
    this.#write(at, 'rollouts', `rolled back ${rollout} ${environment}`, {
      type: 'change_rolled_back',
      ...fields,
    });
  }

  detected(at: number, fields: Fields<'incident_detected'>): void {
    this.#write(at, 'alerts', `detected ${fields.incident}`, { type: 'incident_detected', ...fields });
  }

  resolved(at: number, fields: Fields<'incident_resolved'>): void {
    this.#write(at, 'alerts', `resolved ${fields.incident}`, { type: 'incident_resolved', ...fields });
  }

  flagged(at: number, fields: Fields<'flag_changed'>): void {
    const id = `flag ${fields.flag} ${Math.round(at)}`;
    this.#write(at, 'flags', id, { type: 'flag_changed', ...fields });
  }

  #write(at: number, source: string, id: string, said: Record<string, unknown> & { type: EventType }): void {
    this.events.push({
      ...said,
      service: this.#service,
      id: `${this.#service} ${id}`,
      source: `sample/${source}`,
      time: formatTime(Math.round(at)),
    } as DemoEvent);
  }
}
