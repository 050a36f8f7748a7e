import type { NumberTree } from '../numbers.ts';
import type { WeeklyReport } from '../report.ts';

/** A cell: text is quoted and made safe, a number is written as it is, null is empty. */
type Cell = string | number | boolean | null;

/**
 * The report as CSV: a row for each week of all services together, one for all weeks (`all`), and two for each service,
 * its last full week and all weeks. The numbers are those of the JSON, digit by digit.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function weeklyCsv(report: WeeklyReport): string {
  const { environment, service, team } = report;
  const scope = service !== null ? 'service' : team !== null ? 'team' : 'fleet';
  const names = [scope, service ?? '', team ?? '', environment];
  const [first, end] = [report.weeks[0]?.from ?? report.made, report.made];
  const last = report.weeks.findLast(week => !week.partial);
  const rows: Cell[][] = report.weeks.map(({ week, from, to, partial, numbers }) => [
    ...names,
    ...[week, from, to, partial, null],
    ...cellsOf(numbers),
  ]);
  rows.push([...names, 'all', first, end, true, report.openIncidents, ...cellsOf(report.overall)]);
  if (service === null)
    for (const each of report.services) {
      const serviceNames = ['service', each.service, each.team, environment];
      if (last && each.lastWeek)
        rows.push([...serviceNames, last.week, last.from, last.to, false, null, ...cellsOf(each.lastWeek)]);
      rows.push([...serviceNames, 'all', first, end, true, each.openIncidents, ...cellsOf(each.overall)]);
    }
  const head = [
    ...['scope', 'service', 'team', 'environment', 'week', 'from', 'to', 'partial', 'open_incidents'],
    ...columnsOf(report.overall),
  ];
  return [head, ...rows].map(row => `${row.map(cellText).join(',')}\r\n`).join('');
}

/** The names of all numbers, label values with `_` between: `lead_time_seconds_0.5`. */
function columnsOf(numbers: NumberTree, prefix = ''): string[] {
  return Object.entries(numbers).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null ? columnsOf(value, `${prefix}${name}_`) : [prefix + name],
  );
}

function cellsOf(numbers: NumberTree): (number | null)[] {
  return Object.values(numbers).flatMap(value =>
    typeof value === 'object' && value !== null ? cellsOf(value) : [value],
  );
}

/**
 * Text that a spreadsheet would run as a formula, also after spaces and in full-width characters, gets an apostrophe,
 * which spreadsheets take as "this is text". Text that begins with an apostrophe gets one too, so that a reader can
 * remove the first one and has the name again.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const isActive = /^\s*[=+\-@'\t\r\n＝＋－＠]|^[\t\r\n]/.test(cell);
  return `"${(isActive ? `'${cell}` : cell).replaceAll('"', '""')}"`;
}
