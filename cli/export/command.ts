import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { exitStatus, exitStatusHelp, Failure } from '../client/failure.ts';
import { type ServerOptions, serverOf, withServerOptions } from '../client/server-options.ts';
import { download } from './download.ts';

interface ExportOptions extends ServerOptions {
  readonly from: string;
  readonly to?: string;
  readonly every: string;
  readonly label: readonly string[];
  readonly out?: string;
}

/** The last line of an OpenMetrics text; a text without it is incomplete. */
const lastLine = '# EOF\n';

/** `firstlight export openmetrics`: writes the past for a new Prometheus. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .description('write the history in a format that other tools read')
    .command('openmetrics')
    .description(
      'write the past in event time, for `promtool tsdb create-blocks-from openmetrics`: what scrapes would have shown',
    )
    .requiredOption(
      '--from <time>',
      'where it begins: a day (2025-11-01, from midnight UTC) or an RFC 3339 time',
    )
    .option('--to <time>', 'where it ends; default: now')
    .option('--every <length>', 'the time between samples: 15m, 1h, 1d', '1h')
    .option(
      '--label <name=value>',
      'a label for every series, such as the job and instance of the scrapes to come; may be repeated',
      (pair: string, before: readonly string[]) => [...before, pair],
      [] as readonly string[],
    )
    .option('--out <file>', 'default: the standard output')
    .addHelpText('after', exitStatusHelp);
  withServerOptions(command).action(async (options: ExportOptions) => {
    const query = new URLSearchParams({ from: options.from, every: options.every });
    if (options.to !== undefined) query.set('to', options.to);
    for (const label of options.label) query.append('label', label);
    const text = await download(serverOf(options), 'api/v1/export/openmetrics', query);
    if (options.out === undefined)
      await pipeline(Readable.from(checkComplete(text)), process.stdout, { end: false });
    else await save(text, options.out);
  });
}

/** Writes to a temporary file first: the file at `path` is either complete or the previous one. */
async function save(text: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const temporary = `${path}.part`;
  let bytes = 0;
  const count = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  try {
    await pipeline(Readable.from(count(checkComplete(text))), createWriteStream(temporary));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof Failure) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    throw new Failure(`${path} could not be written: ${cause}`, exitStatus.usage);
  }
  console.error(`${path}: ${(bytes / 1e6).toFixed(1)} MB`);
}

/** Passes the text through. @throws {Failure} when the text ends without its last line */
async function* checkComplete(text: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let end = Buffer.alloc(0);
  for await (const chunk of text) {
    end = Buffer.concat([end, chunk.subarray(-lastLine.length)]).subarray(-lastLine.length);
    yield chunk;
  }
  if (end.toString() !== lastLine)
    throw new Failure('The server stopped in the middle of the export: try again.', exitStatus.unavailable);
}
