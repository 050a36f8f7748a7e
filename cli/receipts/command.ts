import type { Command } from 'commander';
import type { CountedItem, LeftOutItem, Receipt } from '../../services/metrics/receipts/receipt.ts';
import { exitStatusHelp } from '../client/failure.ts';
import { readText } from '../client/read-text.ts';
import type { Server } from '../client/server.ts';
import { type ServerOptions, serverOf, withServerOptions } from '../client/server-options.ts';
import { printReceipt } from './table.ts';

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

/** `firstlight receipts`: lists what a number was computed from. */
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
      const receipt = await readReceipt(serverOf(options), metric, options);
      console.log(options.json ? JSON.stringify(receipt, null, 2) : printReceipt(receipt));
    });
}

async function readReceipt(server: Server, metric: string, options: ReceiptsOptions): Promise<Receipt> {
  const query = Object.fromEntries(
    parameters.flatMap((name): [string, string][] => {
      const value = options[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const readPage = async (cursor: Readonly<Record<string, string>>): Promise<Receipt> =>
    JSON.parse(await readText(server, 'api/v1/receipts', { metric, ...query, ...cursor }));
  const first = await readPage({});
  if (!options.all) return first;
  const readAll = async <T>(list: 'counted' | 'leftOut') => {
    const items = [...(first[list]?.items ?? [])] as T[];
    for (let next = first[list]?.next ?? null; next !== null; ) {
      const following = (await readPage({ cursor: next }))[list];
      items.push(...((following?.items ?? []) as T[]));
      next = following?.next ?? null;
    }
    return first[list] === null ? null : { items, next: null };
  };
  return {
    ...first,
    counted: await readAll<CountedItem>('counted'),
    leftOut: await readAll<LeftOutItem>('leftOut'),
  };
}
