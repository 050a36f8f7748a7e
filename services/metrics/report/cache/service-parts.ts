import { aggregatesOf, type Period } from '../../live/aggregates.ts';
import { indexAt, type StreamColumns } from '../../live/columns.ts';
import { type Numbers, withRatesOf } from '../numbers.ts';
import { type LastWeek, type ServiceParts, serviceParts } from '../service-report.ts';

/**
 * {@link serviceParts} with memory. A stream that was not read again since the last report is the same object, and its
 * full weeks are as they were; its numbers of all weeks change only when an observation has come into the period.
 */
export function cachedServiceParts(): ServiceParts {
  const lastWeeks = new WeakMap<StreamColumns, { readonly weeks: string; readonly lastWeek: LastWeek }>();
  const overalls = new WeakMap<StreamColumns, { readonly period: Period; readonly numbers: Numbers }>();
  return {
    lastWeek: (stream, full) => {
      const weeks = full.map(({ from, to }) => `${from}-${to}`).join();
      const known = lastWeeks.get(stream);
      if (known?.weeks === weeks) return known.lastWeek;
      const lastWeek = serviceParts.lastWeek(stream, full);
      lastWeeks.set(stream, { weeks, lastWeek });
      return lastWeek;
    },
    overall: (stream, period) => {
      const known = overalls.get(stream);
      const numbers =
        known && isUnchanged(stream, known.period, period)
          ? withRatesOf(known.numbers, aggregatesOf([stream], period))
          : serviceParts.overall(stream, period);
      overalls.set(stream, { period, numbers });
      return numbers;
    },
  };
}

/** Whether a period holds the same observations of the stream as an earlier period with the same beginning. */
function isUnchanged({ columns }: StreamColumns, before: Period, period: Period): boolean {
  if (before.from !== period.from || before.to > period.to) return false;
  return !columns
    .values()
    .some(({ timestamps }) => indexAt(timestamps, before.to) < indexAt(timestamps, period.to));
}
