/** Stands for a number that does not exist; never for 0. */
export const dash = '–';

/** Keeps a number and its unit on one line. */
const space = '\u00a0';

const units = [
  { seconds: 86_400, name: 'd' },
  { seconds: 3_600, name: 'h' },
  { seconds: 60, name: 'min' },
  { seconds: 1, name: 's' },
] as const;

/** A length of time in at most two units: `2 d 4 h`, `3 h 12 min`, `37 min`, `45 s`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return dash;
  if (seconds > 0 && seconds < 1) return `<${space}1${space}s`;
  // Rounded before it is split, so that 59 min 59 s is 1 h and not 60 min.
  const step = seconds < 600 ? 1 : seconds < 86_400 ? 60 : 3_600;
  let rest = Math.round(seconds / step) * step;
  const parts: string[] = [];
  for (const unit of units) {
    const count = Math.floor(rest / unit.seconds);
    rest -= count * unit.seconds;
    if (count > 0) parts.push(`${count}${space}${unit.name}`);
  }
  return parts.length === 0 ? `0${space}s` : parts.join(space);
}

/** A share as percent: `8 %`, `0.4 %`, `150 %`. */
export function percent(ratio: number | null): string {
  if (ratio === null) return dash;
  const percents = ratio * 100;
  if (percents > 0 && percents < 0.1) return `<${space}0.1${space}%`;
  return `${percents > 0 && percents < 1 ? percents.toFixed(1) : Math.round(percents)}${space}%`;
}

/** A rate: `0.29`, `5.3`, `120`. */
export function rate(perDay: number | null): string {
  if (perDay === null) return dash;
  if (perDay > 0 && perDay < 0.01) return `<${space}0.01`;
  return perDay.toFixed(perDay < 1 ? 2 : perDay < 100 ? 1 : 0);
}

/** `1 change`, `41 changes`, `no changes`. */
export function counted(count: number, one: string): string {
  return `${count === 0 ? 'no' : count}${space}${one}${count === 1 ? '' : 's'}`;
}

/** The first and last day of a half-open period in a zone: `16–22 Nov`, `30 Nov – 6 Dec`. */
export function days(from: number, to: number, timeZone: string): string {
  const key = `${from} ${to} ${timeZone}`;
  const known = knownDays.get(key);
  if (known !== undefined) return known;
  const format = formatIn(timeZone, { day: 'numeric', month: 'short' });
  const text = format.formatRange(from, Math.max(from, to - 1)).replaceAll(' ', space);
  if (knownDays.size >= knownDaysMax) knownDays.clear();
  knownDays.set(key, text);
  return text;
}

/** Texts of {@link days}: a page has those of each week a dozen times, and formatting them takes longer than drawing them. */
const knownDays = new Map<string, string>();
const knownDaysMax = 1_000;

/** A time in a zone: `Sat 21 Nov 2026, 14:02`. */
export function timestampText(at: number, timeZone: string): string {
  return formatIn(timeZone, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}

/** Formats by zone and options: creating one takes a hundred times as long as using it. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([timeZone, options]);
  const known = formats.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
  formats.set(key, format);
  return format;
}
