const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Milliseconds since 1970 of an RFC 3339 time with a zone; digits after the millisecond are cut. A leap second (`:60`)
 * becomes the first second of the next minute.
 * @returns null if the text is no such time (no zone, 30 February, hour 24, …)
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function parseTime(text: string): number | null {
  return parseUsual(text) ?? parseAny(text);
}

/** An RFC 3339 time in the form of {@link formatTime}; null if the text is no such time. */
export function normalizeTime(text: string): string | null {
  if (text.length === usualLength && parseUsual(text) !== null) return text;
  const at = parseAny(text);
  return at === null ? null : formatTime(at);
}

const usualLength = '2026-05-04T09:30:00.000Z'.length;
const shortLength = '2026-05-04T09:30:00Z'.length;

/**
 * Parses the usual form of a time, UTC with whole seconds or milliseconds, without the cost of the regular expression.
 * @returns null for anything else: another form, a leap second, or no time
 */
function parseUsual(text: string): number | null {
  const { length } = text;
  if (length !== usualLength && length !== shortLength) return null;
  if (text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[13] !== ':' || text[16] !== ':')
    return null;
  if (text[length - 1] !== 'Z' || (length === usualLength && text[19] !== '.')) return null;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  const millis = length === usualLength ? digits(text, 20, 23) : 0;
  // Date.UTC takes the years 0–99 as 1900–1999. All comparisons with NaN are false.
  const isDate = year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  const isTime = hour <= 23 && minute <= 59 && second <= 59 && millis <= 999;
  return isDate && isTime ? Date.UTC(year, month - 1, day, hour, minute, second, millis) : null;
}

/** The number in a part of the text; NaN if a character is no digit. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function parseAny(text: string): number | null {
  const match = rfc3339.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 60) return null;
  const offset = offsetMinutes(match[8] ?? 'Z');
  if (offset === null) return null;
  const millis = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // Date.UTC takes the years 0–99 as 1900–1999
  return date.setUTCHours(hour, minute - offset, second, millis);
}

/** Formats a time as RFC 3339 in UTC with milliseconds. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** The earlier of two timestamps; null means not known. */
export function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** The later of two timestamps; null means not known. */
export function latest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function offsetMinutes(zone: string): number | null {
  if (zone === 'Z' || zone === 'z') return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  if (hours > 23 || minutes > 59) return null;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}
