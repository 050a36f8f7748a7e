import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Scorecards } from '../scorecard/scorecards.ts';
import { scorecardSection } from '../scorecard/section.ts';
import { faultTexts, pageHeaders, sendDatabaseAway, sendFaults, sendMessagePage } from '../web/answers.ts';
import { baseOf } from '../web/links.ts';
import type { Query } from '../web/query.ts';
import { welcomePage } from '../web/welcome.ts';
import type { Reports } from './cache/reports.ts';
import { drawChartsInTurns } from './charts/charts.ts';
import { insightsOf } from './insights.ts';
import { readQuery } from './query.ts';
import { renderReport } from './render/formats.ts';
import { weeklyPage } from './render/page.ts';
import { readView, type View } from './render/view.ts';
import { type ReportQuery, reportStart, type WeeklyReport } from './report.ts';

export interface ReportRoutesOptions {
  readonly reports: Reports;
  readonly scorecards: Scorecards;
  /** Zone of the weeks. */
  readonly timezone: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The address at which people reach this server; undefined: as the request says. */
  readonly publicUrl: string | undefined;
  /** Whether sending events needs a token; the first page says so. */
  readonly tokenNeeded: boolean;
}

/** `GET /`: the weekly page, or how to send the first events; `GET /api/v1/weekly`: the report in every format. */
export function reportRoutes(app: FastifyInstance, options: ReportRoutesOptions): void {
  const { reports, scorecards, timezone, now, publicUrl, tokenNeeded } = options;

  app.get<{ Querystring: Query }>('/api/v1/weekly', async (request, reply) => {
    const { asked, format, faults } = readQuery(request.query, true);
    if (faults.length > 0) return sendFaults(reply, faults);
    const report = await readReport(request, asked);
    if (!report) return sendDatabaseAway(reply);
    const { contentType, body } = renderReport(report, format, baseOf(request, publicUrl));
    if (format === 'html') reply.headers(pageHeaders);
    return reply.type(contentType).send(body);
  });

  app.get<{ Querystring: Query }>('/', async (request, reply) => {
    const { asked, faults } = readQuery(request.query, false);
    const { view, faults: viewFaults } = readView(request.query);
    if (faults.length + viewFaults.length > 0)
      return sendMessagePage(reply, 400, faultTexts([...faults, ...viewFaults]));
    const report = await readReport(request, asked);
    if (!report) return sendMessagePage(reply, 503, ['Reload this page in a few seconds.']);
    reply.headers(pageHeaders);
    if (report.environments.length > 0) return reply.send(await renderPage(request, report, asked, view));
    return reply.send(welcomePage({ url: baseOf(request, publicUrl), tokenNeeded, now: now() }));
  });

  /** null when the database is away. */
  async function readReport(request: FastifyRequest, asked: ReportQuery): Promise<WeeklyReport | null> {
    try {
      return await reports.report(asked);
    } catch (error) {
      request.log.warn({ err: error }, 'the observations of a report could not be read');
      return null;
    }
  }

  function renderPage(
    request: FastifyRequest,
    report: WeeklyReport,
    asked: ReportQuery,
    view: View,
  ): Promise<string> {
    return reports.once(`page ${JSON.stringify([asked, view])}`, async () => {
      const scorecardHtml = await renderScorecard(request, asked);
      const charts = await reports.once(`charts ${JSON.stringify(asked)}`, () =>
        drawChartsInTurns(report, insightsOf(report)),
      );
      return weeklyPage(report, { view, scorecardHtml, charts });
    });
  }

  /** '' when its rollouts could not be read: the page is shown without it. */
  async function renderScorecard(request: FastifyRequest, asked: ReportQuery): Promise<string> {
    try {
      const period = { from: reportStart(now(), asked.weeks, timezone), to: now() };
      return scorecardSection(await scorecards.of(asked, period));
    } catch (error) {
      request.log.warn({ err: error }, 'the rollouts of a scorecard could not be read');
      return '';
    }
  }
}
