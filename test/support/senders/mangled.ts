/**
 * A payload with parts dropped, replaced by `junk`, nested or made very long at random.
 * @param roll gives random integers from 0; the larger their range, the fewer parts are changed
 */
export function mangled(value: unknown, roll: () => number, junk: unknown): unknown {
  const die = roll();
  if (die === 0) return junk;
  if (die === 1) return [value];
  if (die === 2) return String(value).repeat(1_000);
  if (Array.isArray(value)) return value.map(each => mangled(each, roll, junk));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(() => roll() !== 0);
  return Object.fromEntries(kept.map(([key, each]) => [key, mangled(each, roll, junk)]));
}
