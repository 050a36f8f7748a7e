import { causes } from '../../../domain/events/event.ts';
import type { ScoredRollout } from '../../../domain/metrics/scorecard-part.ts';

/** A cause is packed as its index in this list. */
const causesOrNone: readonly ScoredRollout['cause'][] = [null, ...causes, 'returned'];

/** The numbers before the steps of each rollout: three timestamps, a weight, the cause, two flags, and the count of numbers that the steps take. */
const headLength = 8;

/**
 * A list of rollouts, packed into arrays of numbers. A fleet has hundreds of thousands in a year, which as objects would
 * take three times the memory. Iterating gives objects again, one at a time.
 */
export class PackedRollouts implements Iterable<ScoredRollout> {
  readonly #pages: Float64Array[] = [];

  add(rollouts: readonly ScoredRollout[]): void {
    this.#pages.push(packed(rollouts));
  }

  *[Symbol.iterator](): Iterator<ScoredRollout> {
    for (const page of this.#pages) yield* unpacked(page);
  }
}

function packed(rollouts: readonly ScoredRollout[]): Float64Array {
  const numbers = new Float64Array(
    rollouts.reduce((length, { steps }) => length + headLength + steps.length, 0),
  );
  let at = 0;
  for (const { exposed, full, ended, rolledBackFrom, cause, progressive, retry, steps } of rollouts) {
    numbers.set(
      [
        exposed,
        full ?? Number.NaN,
        ended ?? Number.NaN,
        rolledBackFrom ?? Number.NaN,
        causesOrNone.indexOf(cause),
        Number(progressive),
        Number(retry),
        steps.length,
      ],
      at,
    );
    numbers.set(steps, at + headLength);
    at += headLength + steps.length;
  }
  return numbers;
}

function* unpacked(page: Float64Array): Iterable<ScoredRollout> {
  for (let at = 0, end = 0; at < page.length; at = end) {
    const length = numberAt(page, at + 7);
    end = at + headLength + length;
    yield {
      exposed: numberAt(page, at),
      full: orNull(numberAt(page, at + 1)),
      ended: orNull(numberAt(page, at + 2)),
      rolledBackFrom: orNull(numberAt(page, at + 3)),
      cause: causesOrNone[numberAt(page, at + 4)] ?? null,
      progressive: numberAt(page, at + 5) === 1,
      retry: numberAt(page, at + 6) === 1,
      steps: length === 0 ? noSteps : [...page.subarray(at + headLength, end)],
    };
  }
}

const noSteps: ScoredRollout['steps'] = [];
const numberAt = (page: Float64Array, index: number) => page[index] ?? Number.NaN;
const orNull = (number: number) => (Number.isNaN(number) ? null : number);
