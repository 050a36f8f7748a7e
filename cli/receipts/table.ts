import { reasonText } from '../../domain/metrics/reasons.ts';
import type { CountedItem, LeftOutItem, Receipt } from '../../services/metrics/receipts/receipt.ts';
import { kindText, titleOf, valueText, wayText } from '../../services/metrics/receipts/words.ts';
import { duration } from '../../services/metrics/web/words.ts';
import type { Kind } from '../../store/explain/kinds.ts';

/** A receipt as text for the terminal. */
export function printReceipt(receipt: Receipt): string {
  const { metric, value, service, team, environment, window, week, from, to, counted, leftOut } = receipt;
  const subject = service ?? (team === null ? 'all services' : `team ${team}`);
  const period = from === null ? `since the beginning, at ${to}` : `${week ?? window}: ${from} to ${to}`;
  const isTimed = ['quantile', 'mean', 'sum'].includes(receipt.way);
  const lines = [
    `${titleOf(receipt)}: ${valueText(metric, value)}`,
    `${printable(subject)}, ${printable(environment)}, ${period}`,
    wayText(receipt),
  ];
  if (counted)
    lines.push(
      '',
      'Counted:',
      ...table(
        counted.items.map(item => [
          item.at,
          item.part === 'samples' ? '' : item.part,
          isTimed ? duration(item.value) : '',
          service === null ? item.service : '',
          `${nameOf(item)} ${kindText[item.measure as Kind] ?? ''}`,
        ]),
      ),
      ...moreLine(counted.next),
    );
  if (leftOut)
    lines.push(
      '',
      'Left out:',
      ...table(
        leftOut.items.map(item => [
          item.at,
          service === null ? item.service : '',
          `${nameOf(item)} ${reasonText(item.reason)}`,
        ]),
      ),
      ...moreLine(leftOut.next),
    );
  return lines.join('\n').replaceAll('\u00a0', ' ');
}

function nameOf(item: CountedItem | LeftOutItem): string {
  if ('change' in item) return `change ${item.change.name}`;
  if ('incident' in item) return `incident ${item.incident.name}`;
  if ('outage' in item)
    return `outage from ${item.outage.from} (${item.outage.incidents.map(incident => incident.name).join(', ')})`;
  return `rollout ${item.rollout.name}`;
}

function moreLine(next: string | null): string[] {
  return next === null ? [] : [`  … there are more: add --all, or --cursor ${next}`];
}

/** Lines with aligned columns. A column that is empty in every row is left out, and the last one is not padded. */
function table(rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ['  nothing'];
  const cells = rows.map(row => row.map(printable));
  const widths = (cells[0] ?? []).map((_cell, column) =>
    Math.max(...cells.map(row => (row[column] ?? '').length)),
  );
  return cells.map(row => {
    const filled = row.flatMap((cell, column) => {
      const width = widths[column] ?? 0;
      if (width === 0) return [];
      return [column === row.length - 1 ? cell : cell.padEnd(Math.min(width, 40))];
    });
    return `  ${filled.join('  ')}`;
  });
}

/** Replaces control characters: the names come from events, and such characters would control the terminal. */
const printable = (text: string) =>
  text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
