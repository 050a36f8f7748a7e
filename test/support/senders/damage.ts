import fc from 'fast-check';
import { expect } from 'vitest';
import { faultsOf } from '../../../domain/events/validate.ts';
import { Refusal } from '../../../services/collector/refusal.ts';
import { type Source, type ToolRequest, Unmappable } from '../../../services/collector/sources/source.ts';
import { runs } from '../run/properties.ts';
import { contextOf, toolRequest } from './tool-request.ts';

const enormous = 'x'.repeat(10_000);
const odd = fc.oneof(
  fc.constantFrom<unknown[]>(
    null,
    true,
    '',
    0,
    -1,
    1e308,
    [],
    {},
    [[]],
    enormous,
    '\u0000',
    '\ud800',
    '\ufeffx',
    '__proto__',
    '0001-01-01T00:00:00Z',
    '99999999999999999999',
    Array.from({ length: 100 }, () => 'x'),
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.jsonValue({ maxDepth: 2 }),
);

type Damage = {
  readonly at: number;
  readonly how: 'drop' | 'replace' | 'nest' | 'wrap';
  readonly by: unknown;
};
const damages = fc.array(
  fc.record<Damage>({
    at: fc.nat(),
    how: fc.constantFrom('drop', 'replace', 'replace', 'nest', 'wrap'),
    by: odd,
  }),
  { minLength: 1, maxLength: 4 },
);

/**
 * Sends a source its payloads with fields dropped, retyped, nested and made very long. The source must give valid events
 * or report that it cannot map the payload.
 */
export function survivesDamage(
  source: Source,
  payloads: readonly unknown[],
  query: ToolRequest['query'] = {},
): void {
  const property = fc.property(damagedOf(payloads), body => {
    try {
      const { events, unknownServices = [] } = source.parse(
        toolRequest(body ?? null, { query }),
        contextOf(),
      );
      for (const event of events) {
        expect(faultsOf(event)).toEqual([]);
        expect(event).toMatchObject({ id: expect.any(String), source: expect.any(String) });
      }
      expect(unknownServices.every(name => name !== '')).toBe(true);
    } catch (error) {
      if (!(error instanceof Unmappable || error instanceof Refusal)) throw error;
      expect(error.message).toMatch(/^[^\n]{1,1000}\.$/);
    }
  });
  fc.assert(property, { numRuns: runs(500) });
}

/** One of the payloads, with a few damages. */
export function damagedOf(payloads: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.constantFrom(...payloads), damages)
    .map(([payload, all]) => all.reduce(damaged, structuredClone(payload)));
}

function damaged(payload: unknown, { at, how, by: shared }: Damage): unknown {
  const by = structuredClone(shared);
  const fields = fieldsIn(payload);
  const field = fields[at % (fields.length + 1)];
  if (field === undefined) return how === 'wrap' ? [payload] : how === 'nest' ? { payload } : by;
  const { holder, key } = field;
  if (how === 'drop') delete holder[key];
  else if (how === 'replace') holder[key] = by;
  else if (how === 'nest') holder[key] = { value: holder[key] };
  else holder[key] = [holder[key]];
  return payload;
}

type Holder = Record<string, unknown>;

function fieldsIn(value: unknown): { holder: Holder; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Holder;
  return Object.keys(holder)
    .slice(0, 50)
    .flatMap(key => [{ holder, key }, ...fieldsIn(holder[key])]);
}
