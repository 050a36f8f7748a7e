/** When the company of the demo works. Times are in milliseconds since 1970; the company's clock is UTC. */

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
export const week = 7 * day;

/** Midnight of the last Monday at or before a time. */
export function mondayOf(at: number): number {
  const offset = 3 * day; // 1970-01-01 was a Thursday: its week began three days earlier
  return Math.floor((at + offset) / week) * week - offset;
}

/** The holidays, as month and day. */
const holidays = ['01-01', '01-06', '05-01', '12-24', '12-25', '12-26', '12-31'];

export function isDayOff(at: number): boolean {
  const date = new Date(at);
  const weekday = date.getUTCDay();
  return weekday === 0 || weekday === 6 || holidays.includes(date.toISOString().slice(5, 10));
}

/** Whether it is the time around the turn of the year, with very few deployments. */
export function isYearEnd(at: number): boolean {
  const monthAndDay = new Date(at).toISOString().slice(5, 10);
  return monthAndDay >= '12-19' || monthAndDay <= '01-02';
}

/** The share of the usual number of releases: less in the summer holidays. */
export function pace(at: number): number {
  const month = new Date(at).getUTCMonth();
  return month === 7 ? 0.65 : month === 6 ? 0.85 : 1;
}
