import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Insights } from '../../services/metrics/report/insights.ts';
import { formats } from '../../services/metrics/report/render/formats.ts';
import { mailSubject, weeklyMail, weeklyText } from '../../services/metrics/report/render/mail.ts';
import { slackMessage } from '../../services/metrics/report/render/slack.ts';
import type { WeeklyReport } from '../../services/metrics/report/report.ts';
import { restoreBases } from '../../services/metrics/report/restore-bases.ts';
import { exitStatus, exitStatusHelp, Failure } from '../client/failure.ts';
import { readText } from '../client/read-text.ts';
import type { Server } from '../client/server.ts';
import { type ServerOptions, serverOf, withServerOptions } from '../client/server-options.ts';
import { sendMail } from './mail.ts';
import { postMessage } from './post.ts';

interface WeeklyOptions extends ServerOptions {
  readonly service?: string;
  readonly team?: string;
  readonly environment?: string;
  readonly weeks?: string;
  readonly format: string;
  /** true: FIRSTLIGHT_POST_URL holds the address. */
  readonly post?: string | true;
  readonly mail?: readonly string[];
  readonly smtp?: string;
  readonly from?: string;
  readonly link?: string;
}

type ReportWithInsights = WeeklyReport & { readonly insights: Insights };

/** `firstlight weekly`: prints the weekly report, posts it to a channel, or mails it. */
export function addWeekly(program: Command): void {
  const command = program
    .command('weekly')
    .description('print the weekly report, post it to a channel, or mail it')
    .option('--service <name>', 'of one service')
    .option('--team <name>', 'of the services of a team')
    .option('--environment <name>', 'default: production')
    .option('--weeks <number>', 'how many weeks, 1 to 53; default: 12')
    .addOption(new Option('--format <format>', 'how to print it').choices(formats).default('md'))
    .option(
      '--post [url]',
      "post it to an incoming webhook of Slack's kind; without a URL, to that in FIRSTLIGHT_POST_URL, where no list of processes shows it",
    )
    .option('--mail <address>', 'mail it; may be given several times', append)
    .option(
      '--smtp <url>',
      'the mail server: smtp://user:password@host:587 or smtps://…; better in FIRSTLIGHT_SMTP_URL',
    )
    .addOption(
      new Option('--from <address>', 'the sender of the mail, such as "Firstlight <dora@example.com>"').env(
        'FIRSTLIGHT_MAIL_FROM',
      ),
    )
    .addOption(
      new Option('--link <url>', 'where people reach the server, for links; default: --url').env(
        'FIRSTLIGHT_LINK_URL',
      ),
    );
  withServerOptions(command)
    .addHelpText('after', `${exitStatusHelp}\n\nA webhook or a mail server counts as a server, too.`)
    .action(async (options: WeeklyOptions) => {
      if (options.post === undefined && options.mail === undefined) await print(options);
      else await send(options);
    });
}

async function print(options: WeeklyOptions): Promise<void> {
  const text = await readText(serverOf(options), 'api/v1/weekly', queryOf(options, options.format));
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Sends the report to the channel and by mail. If one of them fails, the other is tried all the same. */
async function send(options: WeeklyOptions): Promise<void> {
  const server = serverOf(options);
  const hook = options.post === undefined ? null : readHookUrl(options.post);
  const addresses = options.mail === undefined ? null : readMailAddresses(options, options.mail);
  const base = linkBaseOf(options);
  const report = await readReport(server, options);
  const { insights } = report;
  const week = insights.week ?? 'no full week yet';
  const failures: Failure[] = [];
  const attempt = async (work: Promise<void>, done: string) => {
    try {
      await work;
      console.log(done);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  };
  if (hook)
    await attempt(
      postMessage(hook, slackMessage(report, insights, base), server),
      `posted to ${hook.host}: ${week}`,
    );
  if (addresses) {
    const mail = {
      from: addresses.from,
      to: addresses.to,
      subject: mailSubject(report, insights),
      text: weeklyText(report, insights, base),
      html: weeklyMail(report, insights, base),
    };
    await attempt(
      sendMail(addresses.smtp, mail, server.timeoutMs),
      `mailed to ${addresses.to.join(', ')}: ${week}`,
    );
  }
  const [first] = failures;
  if (first) throw new Failure(failures.map(({ message }) => message).join('\n'), first.status);
}

async function readReport(server: Server, options: WeeklyOptions): Promise<ReportWithInsights> {
  const text = await readText(server, 'api/v1/weekly', queryOf(options, 'json'));
  const report = parseReport(text);
  if (report === null)
    throw new Failure(
      `${server.url.href} answered something else than a weekly report: check --url, and that server and command line are of one version.`,
      exitStatus.refused,
    );
  return report;
}

function parseReport(text: string): ReportWithInsights | null {
  try {
    const value: unknown = JSON.parse(text);
    const isReport = typeof value === 'object' && value !== null && 'weeks' in value && 'insights' in value;
    return isReport ? restoreBases(value as ReportWithInsights) : null;
  } catch {
    return null;
  }
}

function queryOf(options: WeeklyOptions, format: string): Record<string, string> {
  const { service, team, environment, weeks } = options;
  const query = { service, team, environment, weeks, format };
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Reads an address that may hold a secret. Commander does not parse it, because it would print a wrong one. */
function readHookUrl(post: string | true): URL {
  const text = post === true ? process.env['FIRSTLIGHT_POST_URL'] : post;
  const url = URL.parse(text ?? '');
  if (url && ['http:', 'https:'].includes(url.protocol)) return url;
  const detail = text === undefined || text === '' ? 'names no webhook' : 'is no http or https URL';
  const source = post === true ? 'FIRSTLIGHT_POST_URL' : '--post';
  throw new Failure(`${source} ${detail}. Give --post URL, or set FIRSTLIGHT_POST_URL.`, exitStatus.usage);
}

/** The mail server, the sender and the recipients. */
function readMailAddresses(options: WeeklyOptions, to: readonly string[]) {
  const smtp = URL.parse(options.smtp ?? process.env['FIRSTLIGHT_SMTP_URL'] ?? '');
  if (!smtp || !['smtp:', 'smtps:'].includes(smtp.protocol) || smtp.hostname === '')
    throw new Failure(
      '--mail needs a mail server. Give --smtp or set FIRSTLIGHT_SMTP_URL, as smtp://user:password@host:587 or smtps://….',
      exitStatus.usage,
    );
  const { from } = options;
  if (from === undefined || !from.includes('@'))
    throw new Failure(
      '--mail needs a sender. Give --from or set FIRSTLIGHT_MAIL_FROM, as dora@example.com.',
      exitStatus.usage,
    );
  return { smtp, from, to };
}

function linkBaseOf({ link, url }: WeeklyOptions): string {
  const base = link === undefined ? url : URL.parse(link);
  if (!base || !['http:', 'https:'].includes(base.protocol))
    throw new Failure(
      '--link must be an http or https URL, such as https://firstlight.example.com.',
      exitStatus.usage,
    );
  return base.href.replace(/\/+$/, '');
}

function append(text: string, previous: readonly string[] | undefined): string[] {
  if (!/^[^\s@,;<>]+@[^\s@,;<>]+$/.test(text)) throw new InvalidArgumentError('It must be a mail address.');
  return [...(previous ?? []), text];
}
