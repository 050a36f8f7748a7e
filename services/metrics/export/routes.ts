import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { problemOf, sendProblem } from '../../../platform/http/problem.ts';
import type { ObservationSource } from '../live/source.ts';
import { loadHistory, openMetricsText, openMetricsType } from './openmetrics.ts';
import { readExportQuery } from './query.ts';

export interface ExportRoutesOptions {
  readonly source: ObservationSource;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** `GET /api/v1/export/openmetrics`: the past in event time. Only one export runs at a time. */
export function exportRoutes(app: FastifyInstance, { source, now }: ExportRoutesOptions): void {
  let isRunning = false;
  app.get<{ Querystring: Record<string, unknown> }>('/api/v1/export/openmetrics', async (request, reply) => {
    const { asked, faults } = readExportQuery(request.query, now());
    if (faults.length > 0) return sendProblem(reply, problemOf(400, 'The query cannot be answered.', faults));
    if (isRunning) {
      const detail = 'Another export is under way; try again when it is done.';
      return sendProblem(reply, problemOf(429, detail), { 'retry-after': '10' });
    }
    isRunning = true;
    const done = () => {
      isRunning = false;
    };
    try {
      const history = await loadHistory(source, asked.steps);
      const text = Readable.from(openMetricsText(history, asked.added));
      text.once('close', done);
      return await reply.type(openMetricsType).send(text);
    } catch (error) {
      done();
      request.log.warn({ err: error }, 'the observations of an export could not be read');
      const detail = 'The database does not answer; try again in a few seconds.';
      return sendProblem(reply, problemOf(503, detail), { 'retry-after': '5' });
    }
  });
}
