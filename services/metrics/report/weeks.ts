import { Temporal } from 'temporal-polyfill';

/** One week: Monday 00:00 to Monday 00:00 in a time zone, half-open; 167 or 169 hours where clocks change. */
export interface Week {
  /** Milliseconds since 1970. */
  readonly from: number;
  /** Milliseconds since 1970; of the running week its end, which lies ahead. */
  readonly to: number;
  /** ISO 8601: `2026-W47`. */
  readonly label: string;
  /** It still runs. */
  readonly partial: boolean;
}

/** The running week and the `count - 1` before it, newest last. */
export function lastWeeks(now: number, count: number, timeZone: string): Week[] {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate();
  const monday = today.subtract({ days: today.dayOfWeek - 1 });
  const startOf = (date: Temporal.PlainDate) => date.toZonedDateTime(timeZone).epochMilliseconds;
  return Array.from({ length: count }, (_, i) => {
    const first = monday.subtract({ weeks: count - 1 - i });
    return {
      from: startOf(first),
      to: startOf(first.add({ weeks: 1 })),
      label: `${first.yearOfWeek}-W${String(first.weekOfYear).padStart(2, '0')}`,
      partial: i === count - 1,
    };
  });
}
