import { hash } from 'node:crypto';
import { changesOfFlag } from '../../../../domain/catalogue/lookup.ts';
import type { CatalogueService } from '../../../../domain/catalogue/model.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';
import type { ParsedRequest, ToolContext, ToolRequest } from '../source.ts';
import {
  describe,
  environmentOf,
  identity,
  lengths,
  serviceOf,
  unknownServicesAmong,
} from './event-fields.ts';

/** Names of variants that mean the old behavior. */
const oldVariants = new Set([
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
 * Whether a variant of a flag serves the change that the flag releases: the variant that the catalogue names, else any
 * variant that does not mean off. A boolean value decides that; otherwise the variant's name does.
 * @param value the variant's value, if known
 */
export function isNewVariant(
  entry: CatalogueService | null,
  flag: string,
  variant: string,
  value?: unknown,
): boolean {
  const variants = entry?.flagVariants ?? {};
  if (Object.hasOwn(variants, flag)) return variant === variants[flag];
  return typeof value === 'boolean' ? value : !oldVariants.has(variant.toLowerCase());
}

/**
 * The rollout of a change by a flag: always the same, in all sources and for all shares.
 * @returns a digest if the name would be too long
 */
export function rolloutOfFlag(flag: string, change: string): string {
  const name = `flag:${flag}:${change}`;
  return name.length <= lengths.name ? name : `flag:${hash('sha256', name)}`;
}

/** The weight of an exposure whose share is above 0 but unknown. */
export const unknownWeight = 1;

/** A change of one flag in one environment, as a flag system reports it. */
export interface FlagChange {
  /** Identifies the message within its source. */
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly flag: string;
  /** The tool's name of the environment; null if the change affects all environments. */
  readonly environment: string | null;
  /** The new value or share, as a short text; null if not reported. */
  readonly variant: string | null;
  /** Percent of traffic on the new variant; null if unknown or unchanged. */
  readonly weight: number | null;
  /** Whether the new variant was withdrawn. */
  readonly isWithdrawn: boolean;
  readonly title: string | null;
  readonly actor: string | null;
}

/**
 * The events of a flag's change: always a `flag_changed`, and an exposure or rollback of each change that the flag
 * releases according to the catalogue. `?service=` restricts them to one service.
 */
export function eventsOfFlag(
  flagChange: FlagChange,
  request: ToolRequest,
  { catalogue }: ToolContext,
): ParsedRequest {
  const requested = request.query['service'] ? serviceOf(request, catalogue, ['']) : null;
  const released = changesOfFlag(catalogue, flagChange.flag).filter(
    ({ service }) => requested === null || service.name === requested.name,
  );
  const services = released.length > 0 ? released.map(({ service }) => service.name) : [requested?.name];
  const common = { time: flagChange.time, ...describe({ title: flagChange.title, actor: flagChange.actor }) };
  const identityOf = (...parts: readonly string[]) => ({
    id: identity('The identity of the message', [flagChange.id, ...parts].join('/'), lengths.id),
    source: identity('The source', flagChange.source, lengths.id),
  });
  const flag = identity('The flag', flagChange.flag);
  const changed = services.map(
    (service): SentEvent => ({
      type: 'flag_changed',
      ...identityOf('flag_changed', ...(service === undefined ? [] : [service])),
      ...common,
      ...(service !== undefined && { service }),
      flag,
      ...(flagChange.variant !== null && { variant: identity('The variant', flagChange.variant) }),
    }),
  );
  const moved = released.flatMap(({ service, change }): SentEvent[] => {
    if (flagChange.environment === null) return [];
    const found = { name: service.name, entry: service };
    const rollout = {
      ...common,
      service: service.name,
      environment: environmentOf(request, catalogue, found, flagChange.environment),
      change,
      rollout: rolloutOfFlag(flag, change),
    };
    if (flagChange.isWithdrawn) {
      const type = 'change_rolled_back';
      const reason = `The flag ${flag} was turned off.`;
      return [
        { type, ...identityOf(type, service.name), ...rollout, cause: 'manual', ...describe({ reason }) },
      ];
    }
    if (flagChange.weight === null || flagChange.weight === 0) return [];
    const type = 'change_exposed';
    return [
      { type, ...identityOf(type, service.name), ...rollout, strategy: 'flag', weight: flagChange.weight },
    ];
  });
  return { events: [...changed, ...moved], ...(requested === null ? {} : unknownServicesAmong([requested])) };
}
