import { differences, parseSeries } from '../histories/series.ts';

/** The series of an export at one moment, as a scrape of that moment would hold them. */
export function seriesAt(moment: number, text: string): Map<string, number> {
  const end = ` ${moment / 1000}`;
  const lines = text.split('\n').filter(line => line.endsWith(end));
  return parseSeries(lines.map(line => line.slice(0, -end.length)).join('\n'));
}

/**
 * In which numbers of a window two answers about the past differ. The reference shows a line for an incident that
 * is open at the end of the record, whatever the moment, with nothing but zeros: that is no difference.
 */
export function windowDifferences(
  got: ReadonlyMap<string, number>,
  wanted: ReadonlyMap<string, number>,
): string[] {
  const windowed = (of: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>) =>
    new Map([...of].filter(([key, n]) => key.includes('window=') && (n !== 0 || other.has(key))));
  return differences(windowed(got, wanted), windowed(wanted, got));
}
