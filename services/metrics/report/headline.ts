import type { Numbers } from './numbers.ts';

/**
 * A number of a report by its name and label values: `pick(numbers, 'lead_time_seconds', '0.5')`.
 * @throws {TypeError} when there is no such number
 */
export function pick(numbers: Numbers, ...path: string[]): number | null {
  let found: Numbers[string] | undefined = numbers;
  for (const name of path) found = typeof found === 'object' ? found?.[name] : undefined;
  if (found === null || typeof found === 'number') return found;
  throw new TypeError(`no number is called ${path.join(' ')}`);
}
