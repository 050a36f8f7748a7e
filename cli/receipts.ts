import type { Command } from 'commander';
import { reasonTexts } from '../domain/metrics/receipts.ts';
import type { CountedItem, LeftOutItem, Receipt } from '../services/metrics/receipts/receipt.ts';
import { kindText, titleOf, valueText, wayText } from '../services/metrics/receipts/words.ts';
import { duration } from '../services/metrics/web/words.ts';
import type { Kind } from '../store/explain/kinds.ts';
import { exitStatusHelp } from './client/failure.ts';
import { readText } from './client/read-text.ts';
import type { Server } from './client/server.ts';
import { type ServerOptions, serverOf, withServerOptions } from './client/server-options.ts';

interface ReceiptsOptions extends ServerOptions {
  readonly service?: string;
  readonly team?: string;
  readonly environment?: string;
  readonly window?: string;
  readonly week?: string;
  readonly quantile?: string;
  readonly containment?: string;
  readonly stage?: string;
  readonly outcome?: string;
  readonly sort?: string;
  readonly limit?: string;
  readonly cursor?: string;
  readonly all: boolean;
  readonly json: boolean;
}

const parameters = [
  'service',
  'team',
  'environment',
  'window',
  'week',
  'quantile',
  'containment',
  'stage',
  'outcome',
  'sort',
  'limit',
  'cursor',
] as const satisfies readonly (keyof ReceiptsOptions)[];

/** `firstlight receipts`: what a number was computed from. */
export function addReceipts(program: Command): void {
  const command = program
    .command('receipts')
    .description(
      'list the changes, rollouts and outages that a number was computed from, and what was left out',
    )
    .argument('<metric>', 'its name, such as change_failure_ratio or dora_lead_time_seconds')
    .option('--service <name>', 'of one service')
    .option('--team <name>', 'of the services of a team')
    .option('--environment <name>', 'default: production')
    .option('--window <days>', 'the days until now, such as 7d (the default), 30d or 90d')
    .option('--week <week>', 'a week, such as 2026-W47, in place of a window')
    .option('--quantile <quantile>', '0.5 (the default) or 0.9')
    .option('--containment <containment>', 'contained or escaped; default: both')
    .option('--stage <stage>', 'created_to_merged, merged_to_exposed or exposed_to_full')
    .option('--outcome <outcome>', 'exposed or rolled_back')
    .option('--sort <order>', 'at: the newest first (the default); value: the longest first')
    .option('--limit <number>', 'items at once, 1 to 500; default: 50')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .option('--all', 'go on to the end', false)
    .option('--json', 'print what the server answers, with the raw events', false);
  withServerOptions(command)
    .addHelpText('after', exitStatusHelp)
    .action(async (metric: string, options: ReceiptsOptions) => {
      const receipt = await read(serverOf(options), metric, options);
      console.log(options.json ? JSON.stringify(receipt, null, 2) : printReceipt(receipt));
    });
}

async function read(server: Server, metric: string, options: ReceiptsOptions): Promise<Receipt> {
  const query = Object.fromEntries(
    parameters.flatMap((name): [string, string][] => {
      const value = options[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const page = async (cursor: Readonly<Record<string, string>>): Promise<Receipt> =>
    JSON.parse(await readText(server, 'api/v1/receipts', { metric, ...query, ...cursor }));
  const first = await page({});
  if (!options.all) return first;
  const rest = async <T>(list: 'counted' | 'leftOut') => {
    const items = [...(first[list]?.items ?? [])] as T[];
    for (let next = first[list]?.next ?? null; next !== null; ) {
      const following = (await page({ cursor: next }))[list];
      items.push(...((following?.items ?? []) as T[]));
      next = following?.next ?? null;
    }
    return first[list] === null ? null : { items, next: null };
  };
  return {
    ...first,
    counted: await rest<CountedItem>('counted'),
    leftOut: await rest<LeftOutItem>('leftOut'),
  };
}

/** The receipt as a table for people. */
export function printReceipt(receipt: Receipt): string {
  const { metric, value, service, team, environment, window, week, from, to, counted, leftOut } = receipt;
  const about = service ?? (team === null ? 'all services' : `team ${team}`);
  const period = from === null ? `since the beginning, at ${to}` : `${week ?? window}: ${from} to ${to}`;
  const isTimed = ['quantile', 'mean', 'sum'].includes(receipt.way);
  const lines = [
    `${titleOf(receipt)}: ${valueText(metric, value)}`,
    `${printable(about)}, ${printable(environment)}, ${period}`,
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
          `${whatOf(item)} ${kindText[item.measure as Kind] ?? ''}`,
        ]),
      ),
      ...more(counted.next),
    );
  if (leftOut)
    lines.push(
      '',
      'Left out:',
      ...table(
        leftOut.items.map(item => [
          item.at,
          service === null ? item.service : '',
          `${whatOf(item)} ${reasonTexts[item.reason]}`,
        ]),
      ),
      ...more(leftOut.next),
    );
  return lines.join('\n').replaceAll('\u00a0', ' ');
}

function whatOf(item: CountedItem | LeftOutItem): string {
  if ('change' in item) return `change ${item.change.name}`;
  if ('incident' in item) return `incident ${item.incident.name}`;
  if ('outage' in item)
    return `outage from ${item.outage.from} (${item.outage.incidents.map(incident => incident.name).join(', ')})`;
  return `rollout ${item.rollout.name}`;
}

function more(next: string | null): string[] {
  return next === null ? [] : [`  … there are more: add --all, or --cursor ${next}`];
}

/** Columns that are empty in every row are left out; the last one is as wide as it is. */
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

/** Names are others' text: control characters would steer the terminal. */
const printable = (text: string) =>
  text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
