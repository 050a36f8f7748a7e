import type { FastifyInstance, FastifyPluginCallback, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import { guard } from '../../platform/access.ts';
import { healthRoutes } from '../../platform/health.ts';
import { problemOf, sendProblem } from '../../platform/problem.ts';
import { gather, type LineSamples } from './columns.ts';
import { contentType } from './exposition.ts';
import type { Snapshot } from './snapshot.ts';
import type { SampleSource } from './source.ts';
import { documentHtml, escapeHtml } from './weekly/html.ts';
import { weeklyPage } from './weekly/page.ts';
import { readQuery } from './weekly/query.ts';
import { type ReportQuery, reportStart, type WeeklyReport, weeklyReport } from './weekly/report.ts';
import { welcomePage } from './weekly/welcome.ts';

export interface MetricsOptions {
  readonly snapshot: Snapshot;
  /** Asked for what the snapshot does not hold: reports that go back further. */
  readonly source: SampleSource;
  /** The pipeline's own metrics, printed after the snapshot. */
  readonly registry: Registry;
  /** When set, asked for on everything but /livez and /readyz. */
  readonly readToken: string | undefined;
  /** Zone of the weekly report. */
  readonly timezone: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Where people reach this server; absent: as the request says. */
  readonly publicUrl?: string;
  /** Whether sending events asks for a token; the first page says so. Default false. */
  readonly tokenNeeded?: boolean;
  /** Whether /livez and /readyz are answered here. Default true. */
  readonly health?: boolean;
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/** A Fastify plugin: `GET /metrics`, the weekly page at `/` and its API, and /livez and /readyz. */
export const metricsRoutes: FastifyPluginCallback<MetricsOptions> = (app, options, done) => {
  const { snapshot } = options;
  if (options.health ?? true) healthRoutes(app, { alive: () => snapshot.alive, ready: () => snapshot.ready });
  // A scope of its own, so that the token is not asked for on the health paths.
  app.register((readers, _options, registered) => {
    registerReaders(readers, options);
    registered();
  });
  done();
};

function registerReaders(app: FastifyInstance, options: MetricsOptions): void {
  const { snapshot, registry, readToken, timezone, now } = options;

  guard(app, readToken);

  app.get('/metrics', async (_request, reply) => {
    const own = await registry.metrics();
    return reply.type(contentType).send(Buffer.concat([snapshot.text, Buffer.from(own)]));
  });

  app.get<{ Querystring: Record<string, unknown> }>('/api/v1/weekly', async (request, reply) => {
    const { asked, faults } = readQuery(request.query, true);
    if (faults.length > 0) return sendProblem(reply, problemOf(400, 'The query cannot be answered.', faults));
    const report = await reportOf(request, asked);
    if (report) return reply.send(report);
    const detail = 'The database does not answer; try again in a few seconds.';
    return sendProblem(reply, problemOf(503, detail), { 'retry-after': '5' });
  });

  app.get<{ Querystring: Record<string, unknown> }>('/', async (request, reply) => {
    reply.headers(pageHeaders);
    const { asked, faults } = readQuery(request.query, false);
    if (faults.length > 0)
      return reply.code(400).send(
        messagePage(
          'This address cannot be answered',
          faults.map(({ field, detail }) => `${field} ${detail}.`),
        ),
      );
    const report = await reportOf(request, asked);
    if (!report)
      return reply
        .code(503)
        .header('retry-after', '5')
        .send(messagePage('The database does not answer', ['Reload this page in a few seconds.']));
    if (report.environments.length > 0) return reply.send(weeklyPage(report));
    const url = options.publicUrl?.replace(/\/+$/, '') ?? addressOf(request);
    return reply.send(welcomePage({ url, tokenNeeded: options.tokenNeeded ?? false, now: now() }));
  });

  /** null when the database is away. */
  async function reportOf(request: FastifyRequest, asked: ReportQuery): Promise<WeeklyReport | null> {
    const at = now();
    try {
      const lines = await linesBetween(reportStart(at, asked.weeks, timezone), at, asked);
      return weeklyReport(lines, asked, at, timezone);
    } catch (error) {
      request.log.warn({ err: error }, 'the samples of a report could not be read');
      return null;
    }
  }

  async function linesBetween(
    from: number,
    to: number,
    { service, team }: ReportQuery,
  ): Promise<LineSamples[]> {
    const known = snapshot.linesSince(from);
    if (known) return known;
    const lines = await options.source.readLines(null);
    const asked = lines.filter(
      line => (service === null || line.service === service) && (team === null || line.team === team),
    );
    const services = asked.length < lines.length ? [...new Set(asked.map(line => line.service))] : null;
    return gather(lines, options.source.readSamples({ services, from, to }));
  }
}

function messagePage(title: string, lines: readonly string[]): string {
  const paragraphs = lines.map(line => `<p>${escapeHtml(line)}</p>`).join('\n');
  return documentHtml(
    title,
    `<p class="brand">Firstlight</p>\n<h1>${escapeHtml(title)}</h1>\n${paragraphs}\n<p><a href="/">To the weekly page</a></p>`,
  );
}

// The address is printed into a command for people to paste, so a strange Host header must not get there.
function addressOf(request: FastifyRequest): string {
  const host = /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i.test(request.host)
    ? request.host
    : '127.0.0.1:8080';
  return `${request.protocol}://${host}`;
}
