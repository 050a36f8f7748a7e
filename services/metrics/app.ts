import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyPluginCallback, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import { defaultEnvironment } from '../../domain/events/event.ts';
import { guard } from '../../platform/http/access.ts';
import { healthRoutes } from '../../platform/http/health.ts';
import { problemOf, sendProblem } from '../../platform/http/problem.ts';
import type { Store } from '../../store/schema/tables.ts';
import { exportRoutes } from './export/routes.ts';
import { History } from './live/cache/history.ts';
import type { Snapshot } from './live/snapshot.ts';
import type { ObservationSource } from './live/source.ts';
import { contentType } from './prometheus/exposition.ts';
import { receiptRoutes } from './receipts/routes.ts';
import { Reports } from './report/cache/reports.ts';
import { drawChartsInTurns } from './report/charts/charts.ts';
import { warmUp } from './report/charts/echarts.ts';
import { insightsOf } from './report/insights.ts';
import { readQuery } from './report/query.ts';
import { renderReport } from './report/render/formats.ts';
import { weeklyPage } from './report/render/page.ts';
import { readView, type View } from './report/render/view.ts';
import { type ReportQuery, reportStart, type WeeklyReport } from './report/report.ts';
import { scorecardRoutes } from './scorecard/routes.ts';
import { Scorecards } from './scorecard/scorecards.ts';
import { scorecardSection } from './scorecard/section.ts';
import { addDemoBanner } from './web/demo-banner.ts';
import { documentHtml, escapeHtml } from './web/html.ts';
import { welcomePage } from './web/welcome.ts';

export interface MetricsOptions {
  readonly snapshot: Snapshot;
  /** Asked for what the snapshot does not hold: reports that go back further. */
  readonly source: ObservationSource;
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
  /** Whether the record is made up: every page says so then. Absent: it is not. */
  readonly isDemo?: () => Promise<boolean>;
  /** The record, for receipts and the stories of changes; absent: there are none. */
  readonly db?: Store;
  /** Whether /livez and /readyz are answered here. Default true. */
  readonly health?: boolean;
}

/** Made by `npm run openapi` from what each service says of itself, the collector included. */
const openApi = readFileSync(new URL('openapi.json', import.meta.url), 'utf8');

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
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
  if (options.isDemo) addDemoBanner(app, options.isDemo);

  const scorecards = new Scorecards({ source: options.source, now });
  snapshot.onInvalidation(touched => scorecards.touch(touched && [...touched.keys()]));
  scorecardRoutes(app, { scorecards, timezone, now });
  exportRoutes(app, { source: options.source, now });

  app.addHook('onListen', async () => {
    setImmediate(warmUp);
    // They are read when somebody first asks: before the first reader of the page does.
    const everything = { environment: defaultEnvironment, service: null, team: null };
    scorecards.of(everything, { from: now(), to: now() }).catch(() => {});
  });
  const history = new History({ snapshot, source: options.source, now });
  snapshot.onInvalidation(invalidated => history.invalidate(invalidated));
  const reports = new Reports({ snapshot, source: options.source, history, timezone, now });

  const { db } = options;
  if (db)
    receiptRoutes(app, {
      db,
      timezone,
      now,
      streamsBetween: reports.streamsBetween,
      pageHeaders,
      messagePage,
    });

  app.get('/api/v1/openapi.json', (_request, reply) => reply.type('application/json').send(openApi));

  app.get('/metrics', async (_request, reply) => {
    const own = Buffer.from(await registry.metrics());
    const { parts, length } = snapshot.text;
    reply.type(contentType).header('content-length', length + own.length);
    return reply.send(Readable.from([...parts, own]));
  });

  app.get<{ Querystring: Record<string, unknown> }>('/api/v1/weekly', async (request, reply) => {
    const { asked, format, faults } = readQuery(request.query, true);
    if (faults.length > 0) return sendProblem(reply, problemOf(400, 'The query cannot be answered.', faults));
    const report = await reportOf(request, asked);
    if (report) {
      const { contentType: type, body } = renderReport(report, format, baseOf(request));
      if (format === 'html') reply.headers(pageHeaders);
      return reply.type(type).send(body);
    }
    const detail = 'The database does not answer; try again in a few seconds.';
    return sendProblem(reply, problemOf(503, detail), { 'retry-after': '5' });
  });

  app.get<{ Querystring: Record<string, unknown> }>('/', async (request, reply) => {
    reply.headers(pageHeaders);
    const { asked, faults } = readQuery(request.query, false);
    const { view, faults: viewFaults } = readView(request.query);
    if (faults.length + viewFaults.length > 0)
      return reply.code(400).send(
        messagePage(
          'This address cannot be answered',
          [...faults, ...viewFaults].map(({ field, detail }) => `${field} ${detail}.`),
        ),
      );
    const report = await reportOf(request, asked);
    if (!report)
      return reply
        .code(503)
        .header('retry-after', '5')
        .send(messagePage('The database does not answer', ['Reload this page in a few seconds.']));
    if (report.environments.length > 0) return reply.send(await pageOf(request, report, asked, view));
    const url = baseOf(request);
    return reply.send(welcomePage({ url, tokenNeeded: options.tokenNeeded ?? false, now: now() }));
  });

  function pageOf(
    request: FastifyRequest,
    report: WeeklyReport,
    asked: ReportQuery,
    view: View,
  ): Promise<string> {
    return reports.once(`page ${JSON.stringify([asked, view])}`, async () => {
      const scorecardHtml = await scorecards
        .of(asked, { from: reportStart(now(), asked.weeks, timezone), to: now() })
        .then(scorecardSection)
        .catch((error: unknown) => {
          request.log.warn({ err: error }, 'the rollouts of a scorecard could not be read');
          return '';
        });
      const charts = await reports.once(`charts ${JSON.stringify(asked)}`, () =>
        drawChartsInTurns(report, insightsOf(report)),
      );
      return weeklyPage(report, { view, scorecardHtml, charts });
    });
  }

  /** Where people reach this server, without a slash at the end. */
  function baseOf(request: FastifyRequest): string {
    return options.publicUrl?.replace(/\/+$/, '') ?? addressOf(request);
  }

  /** null when the database is away. */
  async function reportOf(request: FastifyRequest, asked: ReportQuery): Promise<WeeklyReport | null> {
    try {
      return await reports.report(asked);
    } catch (error) {
      request.log.warn({ err: error }, 'the observations of a report could not be read');
      return null;
    }
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
