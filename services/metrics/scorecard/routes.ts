import type { FastifyInstance } from 'fastify';
import { formatTime } from '../../../domain/events/time.ts';
import { readQuery } from '../report/query.ts';
import { reportStart } from '../report/report.ts';
import { sendDatabaseAway, sendFaults } from '../web/answers.ts';
import type { Query } from '../web/query.ts';
import type { Scorecards } from './scorecards.ts';

export interface ScorecardRoutesOptions {
  readonly scorecards: Scorecards;
  /** Zone of the weeks. */
  readonly timezone: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** `GET /api/v1/scorecard`, over the same weeks and with the same parameters as the weekly report. */
export function scorecardRoutes(app: FastifyInstance, options: ScorecardRoutesOptions): void {
  const { scorecards, timezone, now } = options;
  app.get<{ Querystring: Query }>('/api/v1/scorecard', async (request, reply) => {
    const { asked, format, faults: found } = readQuery(request.query, true);
    const faults = format === 'json' ? found : [...found, { field: 'format', detail: 'must be json' }];
    if (faults.length > 0) return sendFaults(reply, faults);
    const at = now();
    const { environment, service, team, weeks } = asked;
    try {
      const period = { from: reportStart(at, weeks, timezone), to: at };
      const report = await scorecards.of({ environment, service, team }, period);
      return reply.send({ made: formatTime(at), timezone, weeks, ...report });
    } catch (error) {
      request.log.warn({ err: error }, 'the rollouts of a scorecard could not be read');
      return sendDatabaseAway(reply);
    }
  });
}
