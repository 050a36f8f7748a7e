import { hash } from 'node:crypto';
import { type CatalogueService, changesOfFlag } from '../../../../domain/catalogue/catalogue.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';
import { describe, environmentOf, identity, lengths, serviceOf, unknownAmong } from '../parsing/reading.ts';
import type { ParsedRequest, ToolContext, ToolRequest } from '../source.ts';

/** Names of variants that are what was there before. */
const controls = new Set([
  '',
  'off',
  'false',
  'control',
  'default',
  'disabled',
  'baseline',
  'old',
  'none',
  '0',
]);

/**
 * Whether a variant of a flag is the change that the flag releases: the one that the catalogue names, else any
 * that is not off. Where the value is a truth, that decides; else the variant's name does.
 * @param value of the variant, where it is known
 */
export function isNewVariant(
  entry: CatalogueService | null,
  flag: string,
  variant: string,
  value?: unknown,
): boolean {
  const variants = entry?.flagVariants ?? {};
  if (Object.hasOwn(variants, flag)) return variant === variants[flag];
  return typeof value === 'boolean' ? value : !controls.has(variant.toLowerCase());
}

/**
 * The rollout that a flag is for a change: one, whoever tells of it and however often its share is changed.
 * @returns a digest where the names are too long for a name
 */
export function rolloutOfFlag(flag: string, change: string): string {
  const name = `flag:${flag}:${change}`;
  return name.length <= lengths.name ? name : `flag:${hash('sha256', name)}`;
}

/** The weight of an exposure whose share is above 0 and not known. */
export const unknownWeight = 1;

/** What a flag system says happened to one flag in one environment. */
export interface FlagNews {
  /** Of the message, within its source. */
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly flag: string;
  /** What the tool calls it; null for what concerns all of them. */
  readonly environment: string | null;
  /** The new value or share in a word; null where the message does not tell. */
  readonly variant: string | null;
  /** Percent of traffic that is served what is new; null where nothing can be said of it. */
  readonly weight: number | null;
  /** Whether what is new was taken back. */
  readonly isTakenBack: boolean;
  readonly title: string | null;
  readonly actor: string | null;
}

/**
 * The events of such news: always a `flag_changed`; for each change that the catalogue says the flag releases
 * also its exposure, or its rollback. `?service=` of the address narrows them down to one service.
 */
export function eventsOfFlag(
  news: FlagNews,
  request: ToolRequest,
  { catalogue }: ToolContext,
): ParsedRequest {
  const asked = request.query['service'] ? serviceOf(request, catalogue, ['']) : null;
  const bound = changesOfFlag(catalogue, news.flag).filter(
    ({ service }) => asked === null || service.name === asked.name,
  );
  const services = bound.length > 0 ? bound.map(({ service }) => service.name) : [asked?.name];
  const told = { time: news.time, ...describe({ title: news.title, actor: news.actor }) };
  const identityOf = (...parts: readonly string[]) => ({
    id: identity('The identity of the message', [news.id, ...parts].join('/'), lengths.id),
    source: identity('The source', news.source, lengths.id),
  });
  const flag = identity('The flag', news.flag);
  const changed = services.map(
    (service): SentEvent => ({
      type: 'flag_changed',
      ...identityOf('flag_changed', ...(service === undefined ? [] : [service])),
      ...told,
      ...(service !== undefined && { service }),
      flag,
      ...(news.variant !== null && { variant: identity('The variant', news.variant) }),
    }),
  );
  const moved = bound.flatMap(({ service, change }): SentEvent[] => {
    if (news.environment === null) return [];
    const found = { name: service.name, entry: service };
    const rollout = {
      ...told,
      service: service.name,
      environment: environmentOf(request, catalogue, found, news.environment),
      change,
      rollout: rolloutOfFlag(flag, change),
    };
    if (news.isTakenBack) {
      const type = 'change_rolled_back';
      const reason = `The flag ${flag} was turned off.`;
      return [
        { type, ...identityOf(type, service.name), ...rollout, cause: 'manual', ...describe({ reason }) },
      ];
    }
    if (news.weight === null || news.weight === 0) return [];
    const type = 'change_exposed';
    return [{ type, ...identityOf(type, service.name), ...rollout, strategy: 'flag', weight: news.weight }];
  });
  return { events: [...changed, ...moved], ...(asked === null ? {} : unknownAmong([asked])) };
}
