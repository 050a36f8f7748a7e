import fc from 'fast-check';
import { expect, test } from 'vitest';
import { causes } from '../../../../../domain/events/event.ts';
import type { ScoredRollout } from '../../../../../domain/metrics/scorecard-part.ts';
import { PackedRollouts } from '../../../../../services/metrics/scorecard/packed-rollouts.ts';

const timestamp = fc.integer({ min: -1e12, max: 4e12 });
const weight = fc.double({ min: 0, max: 100, noNaN: true });
const rollout: fc.Arbitrary<ScoredRollout> = fc.record({
  exposed: timestamp,
  full: fc.option(timestamp),
  progressive: fc.boolean(),
  ended: fc.option(timestamp),
  cause: fc.option(fc.constantFrom(...causes, 'returned' as const)),
  rolledBackFrom: fc.option(weight),
  retry: fc.boolean(),
  steps: fc.array(fc.tuple(timestamp, weight)).map(steps => steps.flat()),
});

test('unpacked rollouts are those that were packed, in the same order', () => {
  fc.assert(
    fc.property(fc.array(fc.array(rollout)), pages => {
      const packed = new PackedRollouts();
      for (const page of pages) packed.add(page);
      expect([...packed]).toEqual(pages.flat());
    }),
  );
});
