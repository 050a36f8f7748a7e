import fc from 'fast-check';
import { expect, test } from 'vitest';
import { causes } from '../../../../../domain/events/event.ts';
import type { ScoredRollout } from '../../../../../domain/metrics/scorecard-part.ts';
import { PackedRollouts } from '../../../../../services/metrics/scorecard/packed-rollouts.ts';
import { StreamScores, scoreOf } from '../../../../../services/metrics/scorecard/stream-scores.ts';
import { daysAgo, hourMs, noon, stream } from '../memory-source.ts';

const dayMs = 24 * hourMs;
/** A rollout in steps of an hour, that may be aborted after the last of them. */
const rollout: fc.Arbitrary<ScoredRollout> = fc
  .record({
    exposed: fc.integer({ min: daysAgo(60), max: noon + 2 * dayMs }),
    weights: fc.array(fc.constantFrom(5, 25, 100), { minLength: 1, maxLength: 3 }),
    cause: fc.option(fc.constantFrom(...causes, 'returned' as const)),
    retry: fc.boolean(),
  })
  .map(({ exposed, weights, cause, retry }) => {
    const steps = weights.flatMap((weight, i) => [exposed + i * hourMs, weight]);
    const full = weights.indexOf(100);
    const ended = cause === null ? null : exposed + weights.length * hourMs;
    return {
      exposed,
      full: full < 0 ? null : exposed + full * hourMs,
      progressive: weights[0] !== 100,
      ended,
      cause,
      rolledBackFrom: null,
      retry,
      steps,
    };
  });
const question = fc.record({ days: fc.constantFrom(7, 30, 90), laterMs: fc.nat(dayMs) });

test('a kept score is the score that is computed anew, whatever was asked before', () => {
  fc.assert(
    fc.property(
      fc.array(rollout, { maxLength: 8 }),
      fc.array(question, { maxLength: 8 }),
      (rollouts, questions) => {
        const packed = new PackedRollouts();
        packed.add(rollouts);
        const scores = new StreamScores(stream(), packed);
        let to = noon;
        for (const { days, laterMs } of questions) {
          const period = { from: daysAgo(days), to };
          expect(scores.of(period)).toMatchObject(scoreOf(rollouts, period));
          to += laterMs;
        }
      },
    ),
  );
});
