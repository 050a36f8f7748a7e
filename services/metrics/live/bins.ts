const binsPerDoubling = 128;

/** How many bins there are: values up to 2^53, 0.5 % wide, and one for all that is below 1. */
export const bins = 1 + 53 * binsPerDoubling;

/** The bin of a value, from 0. Of two values the larger is never in the lower bin. */
export function binOf(value: number): number {
  return value < 1 ? 0 : Math.min(bins - 1, 1 + Math.floor(Math.log2(value) * binsPerDoubling));
}
