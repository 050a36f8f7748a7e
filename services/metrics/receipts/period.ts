import { Temporal } from 'temporal-polyfill';
import type { Period } from '../live/aggregates.ts';

/** The first week that may be asked for: events before it are refused. */
const firstYear = 2000;

/**
 * The week that an ISO 8601 label such as `2026-W47` names, from Monday to Monday in the zone.
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
