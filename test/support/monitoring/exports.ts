import { differences, parseSeries } from '../histories/series.ts';

/** The series of an export at one time, as a scrape at that time would return them. */
export function seriesAt(time: number, text: string): Map<string, number> {
  const end = ` ${time / 1000}`;
  const lines = text.split('\n').filter(line => line.endsWith(end));
  return parseSeries(lines.map(line => line.slice(0, -end.length)).join('\n'));
}

/**
 * The differences between two answers about the past, in the numbers of windows. For an incident that is open at the
 * end of the data, the reference has a series of zeros at every time; that does not count as a difference.
 */
export function windowDifferences(
  actual: ReadonlyMap<string, number>,
  expected: ReadonlyMap<string, number>,
): string[] {
  const windowed = (of: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>) =>
    new Map([...of].filter(([key, n]) => key.includes('window=') && (n !== 0 || other.has(key))));
  return differences(windowed(actual, expected), windowed(expected, actual));
}
