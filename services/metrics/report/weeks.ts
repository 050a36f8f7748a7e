import { Temporal } from 'temporal-polyfill';
import type { Period } from '../live/aggregates.ts';

/** A week from Monday 00:00 to Monday 00:00 in a time zone, half-open; of 167 or 169 hours where clocks change. */
export interface Week {
  /** Milliseconds since 1970. */
  readonly from: number;
  /** Milliseconds since 1970; the end of the running week lies ahead. */
  readonly to: number;
  /** ISO 8601: `2026-W47`. */
  readonly label: string;
  /** Whether it still runs. */
  readonly partial: boolean;
}

/** The running week and the `count - 1` weeks before it, the newest last. */
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

/** Events before this year are refused. */
const firstYear = 2000;

/**
 * The week with an ISO 8601 label such as `2026-W47`, from Monday to Monday in the zone.
 * @returns null where there is no such week
 */
export function weekOf(label: string, timeZone: string): Period | null {
  const match = /^(\d{4})-W(\d\d)$/.exec(label);
  if (!match) return null;
  const [year, week] = [Number(match[1]), Number(match[2])];
  if (year < firstYear || week < 1 || week > 53) return null;
  // The first week of a year is the one with 4 January in it.
  const fourth = Temporal.PlainDate.from({ year, month: 1, day: 4 });
  const monday = fourth.subtract({ days: fourth.dayOfWeek - 1 }).add({ weeks: week - 1 });
  if (monday.weekOfYear !== week || monday.yearOfWeek !== year) return null;
  const startOf = (date: Temporal.PlainDate) => date.toZonedDateTime(timeZone).epochMilliseconds;
  return { from: startOf(monday), to: startOf(monday.add({ weeks: 1 })) };
}
