import fc from 'fast-check';
import { expect, test } from 'vitest';
import { causes } from '../../../../../domain/events/event.ts';
import type { ScoredRollout } from '../../../../../domain/metrics/scorecard.ts';
import { PackedRollouts } from '../../../../../services/metrics/scorecard/packed-rollouts.ts';

const moment = fc.integer({ min: -1e12, max: 4e12 });
const weight = fc.double({ min: 0, max: 100, noNaN: true });
const rollout: fc.Arbitrary<ScoredRollout> = fc.record({
  exposed: moment,
  full: fc.option(moment),
  progressive: fc.boolean(),
  ended: fc.option(moment),
  cause: fc.option(fc.constantFrom(...causes, 'returned' as const)),
  rolledBackFrom: fc.option(weight),
  retry: fc.boolean(),
  steps: fc.array(fc.tuple(moment, weight)).map(steps => steps.flat()),
});

test('rollouts that were packed come out as they went in, in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.array(rollout)), pages => {
      const packed = new PackedRollouts();
      for (const page of pages) packed.add(page);
      expect([...packed]).toEqual(pages.flat());
    }),
  );
});
