import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseTime } from '../../domain/events/time.ts';
import { exitStatus, exitStatusHelp, Failure } from '../client/failure.ts';
import { postEvents } from '../client/post-events.ts';
import { Refused } from '../client/refusal.ts';
import { endpoint } from '../client/server.ts';
import { type ServerOptions, serverOf, withServerOptions } from '../client/server-options.ts';
import { progressOn } from './progress.ts';
import { readImport } from './read.ts';
import { type Sink, sendImport } from './send.ts';
import { summaryOf } from './summary.ts';
import { parseTagPattern, semanticVersions, type TagPattern } from './tags.ts';

interface ImportOptions extends ServerOptions {
  readonly service?: string;
  readonly branch?: string;
  readonly environment: string;
  readonly tags: TagPattern;
  readonly team?: string;
  readonly since?: number;
  readonly reverts: boolean;
  readonly dryRun?: boolean;
}

const explanation = `
Each first-parent commit of the branch is a change: created when the oldest commit that it brought in was
written, merged when it was committed. Each release tag is a rollout to all traffic of the commits since the
tag before it; the first names its newest commit only. A commit that reverts an earlier one is rework, and
the release that carries it rolls back the one that carried the reverted change. A second import with the
same options changes nothing.
${exitStatusHelp}`;

/** How many events a dry run prints. */
const shownMax = 10;

/** `firstlight import git PATH`: sends the history of a repository as events. */
export function addImport(program: Command): void {
  const command = program
    .command('import')
    .description('send the history that another tool keeps')
    .command('git')
    .description("send a git repository's history: commits as changes, release tags as rollouts")
    .argument('<path>', 'the repository: a work tree, a bare repository or a git directory')
    .option('--service <name>', "the service (default: the name of origin, else of the repository's folder)")
    .option('--branch <name>', 'the branch that is released (default: the default branch)')
    .option('--environment <name>', 'where the releases went', 'production')
    .addOption(
      new Option(
        '--tags <pattern>',
        'which tags are releases: a glob such as "release-*", or a /regular expression/',
      )
        .argParser(parseTagPattern)
        .default(semanticVersions, 'semantic versions, without pre-releases'),
    )
    .option('--team <name>', 'the team that owns the service')
    .option('--since <time>', 'leave out what was released before, such as 2026-01-01', parseSince)
    .option('--no-reverts', 'take reverts as ordinary changes')
    .option('--dry-run', 'print what would be sent, and send nothing');
  withServerOptions(command).addHelpText('after', explanation).action(importGit);
}

async function importGit(path: string, options: ImportOptions): Promise<void> {
  const { service, branch, environment, tags, team, reverts } = options;
  const nowMs = Date.now();
  const request = { path, service, branch, environment, tags, team, reverts, sinceMs: options.since, nowMs };
  console.error(`Reading ${path}`);
  const [read] = await Promise.all([readImport(request), validation()]);
  await checkNames(read.plan.service, environment, team);

  const progress = progressOn(process.stderr, read.mainline);
  const sink = options.dryRun ? printFirst() : postTo(options);
  const counts = await sendImport(read, sink, progress).finally(() => progress.stop());
  console.log(summaryOf(read, counts, options.dryRun ? null : endpoint(options.url, '').href));
}

function postTo(options: ServerOptions): Sink {
  const server = serverOf(options);
  return async (body, events) => {
    try {
      await postEvents(server, body, 'application/x-ndjson');
    } catch (error) {
      if (!(error instanceof Refused) || error.faults.length === 0) throw error;
      const items = error.faults.map(({ item }) => `  item ${item} is ${JSON.stringify(events[item])}`);
      throw new Failure([error.message, ...items].join('\n').slice(0, 10_000), error.status);
    }
  };
}

function printFirst(): Sink {
  let shown = 0;
  return async (_body, events) => {
    for (const event of events.slice(0, Math.max(0, shownMax - shown))) console.log(JSON.stringify(event));
    shown += events.length;
  };
}

/** Loads slowly, so the caller loads it while git works. */
const validation = () => import('../../domain/events/validate.ts');

/** Checks the names that all events share, before anything is sent: the server would refuse every event. */
async function checkNames(service: string, environment: string, team: string | undefined): Promise<void> {
  const probe = {
    type: 'change_exposed',
    change: 'x',
    service,
    environment,
    ...(team === undefined ? {} : { team }),
  };
  const faults = (await validation()).faultsOf(probe);
  if (faults.length > 0)
    throw new Failure(
      faults.map(({ field, detail }) => `--${field} ${detail}.`).join('\n'),
      exitStatus.usage,
    );
}

function parseSince(text: string): number {
  const at = parseTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (at === null)
    throw new InvalidArgumentError('It must be a day, such as 2026-01-01, or an RFC 3339 time with a zone.');
  return at;
}
