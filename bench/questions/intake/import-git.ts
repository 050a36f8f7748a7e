/**
 * Question: how long does `firstlight import git` take for a history of 100,000 commits, from its start to its end?
 * Baseline: `git log` of the same fields (names, parents, times, messages) of the same history to a file.
 *
 * The server is the standalone run on PGlite with an empty folder, then a collector with an empty topic. `git fast-import`
 * makes the history, the same one every time except for its last day.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { startKafka } from '../../../test/support/kafka/server.ts';
import { startService } from '../../../test/support/product/service.ts';
import { startProduct } from '../../../test/support/product/standalone.ts';
import { type Answer, alternate, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { fastImport } from '../../traffic/repository.ts';

const { values } = parseArgs({ options: { commits: { type: 'string', default: '100000' } } });
const commits = Number(values.commits);
const goal = { ratio: 'at most', of: 12 } as const;

/** An empty server that receives the import. */
interface Receiver extends AsyncDisposable {
  readonly url: string;
}

/** Runs a program to its end. @returns seconds */
async function seconds(program: string, args: readonly string[], file?: string): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  if (file === undefined) child.stdout.resume();
  const written = file === undefined ? null : pipeline(child.stdout, createWriteStream(file));
  const [status] = await once(child, 'close');
  await written;
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}:\n${errors}`);
  return (performance.now() - startedAt) / 1000;
}

async function makeRepository(folder: string, share: number): Promise<string> {
  const path = join(folder, `merged-${share}.git`);
  await seconds('git', ['init', '--quiet', '--bare', '--initial-branch=main', '--object-format=sha1', path]);
  const importer = spawn('git', ['-C', path, 'fast-import', '--quiet'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const ended = once(importer, 'close');
  const until = Math.floor(Date.now() / 86_400_000) * 86_400;
  await pipeline(Readable.from(fastImport({ commits, mergedShare: share, until })), importer.stdin);
  const [status] = await ended;
  if (status !== 0) throw new Error(`git fast-import ended with ${status}`);
  return path;
}

async function standalone(folder: string, round: number): Promise<Receiver> {
  const dataDir = join(folder, `data-${round}`);
  const product = await startProduct({ dataDir, through: 'node' });
  return {
    url: product.url,
    [Symbol.asyncDispose]: async () => {
      await product.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** A round measures one import, and the same `git log` right after it. */
async function ask(
  name: string,
  repository: string,
  folder: string,
  receiver: (round: number) => Promise<Receiver>,
): Promise<Answer> {
  const log = ['-C', repository, 'log', '-z', '--topo-order', '--format=%H %at %ct %P%n%B', '--all'];
  const rounds = await alternate(
    async round => {
      await using server = await receiver(round);
      return await seconds(process.execPath, [
        'cli/main.ts',
        'import',
        'git',
        repository,
        '--url',
        server.url,
      ]);
    },
    () => seconds('git', log, join(folder, 'log')),
  );
  return answer({ question: `import git of ${name}`, unit: 's', goal }, rounds);
}

async function importGit(): Promise<Answer[]> {
  const folder = await mkdtemp(join(tmpdir(), 'firstlight-bench-'));
  const answers: Answer[] = [];
  try {
    const mixed = await makeRepository(folder, 0.4);
    const count = commits.toLocaleString('en');
    answers.push(
      await ask(`${count} commits, standalone on PGlite`, mixed, folder, round => standalone(folder, round)),
    );
    const kafka = await startKafka();
    try {
      const collector = (round: number) =>
        startService('collector', {
          env: { KAFKA_BROKERS: kafka.brokers, KAFKA_TOPIC: `import-${round}` },
        });
      answers.push(await ask(`${count} commits, collector with Kafka`, mixed, folder, collector));
    } finally {
      await kafka.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return answers;
}

report(await importGit());
