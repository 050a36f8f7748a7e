import fc from 'fast-check';
import { expect } from 'vitest';
import { type Catalogue, type CatalogueService, emptyCatalogue } from '../../../domain/catalogue/model.ts';
import { faultsOf } from '../../../domain/events/validate.ts';
import { type ParsedRequest, type Source, Unmappable } from '../../../services/collector/sources/source.ts';
import { runs } from '../run/properties.ts';
import { mangled } from './mangled.ts';

/** A service whose flag `new-tax-engine` releases a change, and what the sources of flags make of their payloads. */

export const service: CatalogueService = {
  name: 'checkout',
  aliases: [],
  repositories: [],
  paths: [],
  artifacts: [],
  environments: {},
  flags: { 'new-tax-engine': 'acme/shop#42' },
};
export const shop: Catalogue = { ...emptyCatalogue, services: [service] };
const receivedAt = Date.parse('2026-05-04T09:30:00Z');

export function parsedBy(
  source: Source,
  payload: unknown,
  catalogue = shop,
  query: Record<string, string> = {},
): ParsedRequest {
  const body = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return source.parse({ headers: {}, query, body }, { catalogue, receivedAt });
}

/** The events in short, one line each. */
export function lines(source: Source, payload: unknown, catalogue = shop): string[] {
  return parsedBy(source, payload, catalogue).events.map(event => {
    expect(faultsOf(event)).toEqual([]);
    if (event.type === 'flag_changed') return `flag_changed ${event.service} ${event.variant}`;
    if (event.type === 'change_exposed')
      return `exposed ${event.rollout} ${event.environment} ${event.weight}`;
    if (event.type === 'change_rolled_back') return `rolled back ${event.rollout} ${event.cause}`;
    return event.type;
  });
}

export const exposedAt = (weight: number) => `exposed flag:new-tax-engine:acme/shop#42 production ${weight}`;
export const rolledBack = 'rolled back flag:new-tax-engine:acme/shop#42 manual';

/** Checks that a source makes valid events of a damaged payload, or reports that it cannot map it. */
export function survivesMangling(source: Source, payload: unknown): void {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(30)), fc.anything(), (dice, junk) => {
      const sent = JSON.stringify(mangled(payload, () => dice.next().value ?? 0, junk) ?? null, (_, value) =>
        typeof value === 'bigint' ? String(value) : value,
      );
      try {
        for (const event of parsedBy(source, sent).events) expect(faultsOf(event)).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(Unmappable);
      }
    }),
    { numRuns: runs(500) },
  );
}
