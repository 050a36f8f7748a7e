import type { Stream } from '../../../../../services/metrics/live/source.ts';
import {
  type ReportQuery,
  type WeeklyReport,
  weeklyReport,
} from '../../../../../services/metrics/report/report.ts';
import { gathered, hourMs, noon, observation, type StreamObservation, stream } from '../memory-source.ts';

/** A time in the week that lies so many weeks before the running one: 1 is the last full week, 2026-W46. */
export const inWeek = (weeksAgo: number, hours = 1) =>
  Date.UTC(2026, 10, 16) - weeksAgo * 7 * 24 * hourMs + hours * hourMs;

/** The numbers of a service in one week. */
export interface Week {
  readonly exposed?: number;
  readonly contained?: number;
  readonly escaped?: number;
  /** Lead times, in hours. */
  readonly lead?: readonly number[];
  /** Lengths of outages, in minutes. */
  readonly outages?: readonly number[];
}

/** The observations of a stream. @param weeks by the number of weeks before the running one */
export function story(of: Stream, weeks: Readonly<Record<number, Week>>): StreamObservation[] {
  return Object.entries(weeks).flatMap(([ago, week]) => {
    const at = (i: number) => inWeek(Number(ago), 1) + i * 60_000;
    const many = (count: number | undefined) => Array.from({ length: count ?? 0 }, (_, i) => i);
    return [
      ...many(week.exposed).map(i => observation(of, 'exposed', at(i))),
      ...many(week.contained).map(i => observation(of, 'contained', at(i), 30_000)),
      ...many(week.escaped).map(i => observation(of, 'escaped', at(i), 600_000)),
      ...(week.lead ?? []).map((hours, i) => observation(of, 'lead_time', at(i), hours * hourMs)),
      ...(week.outages ?? []).map((minutes, i) => observation(of, 'restored', at(i), minutes * 60_000)),
    ];
  });
}

export async function reportOf(
  stories: readonly (readonly [Stream, Readonly<Record<number, Week>>])[],
  query: Partial<ReportQuery> = {},
): Promise<WeeklyReport> {
  const streams = await gathered(
    stories.map(([of]) => of),
    stories.flatMap(([of, weeks]) => story(of, weeks)),
  );
  const asked = { environment: 'production', service: null, team: null, weeks: 12, ...query };
  return weeklyReport(streams, asked, noon, 'UTC');
}

/** The same in each of the four weeks before the last full one. */
export const usually = (week: Week): Record<number, Week> => ({ 2: week, 3: week, 4: week, 5: week });

/** Names that mean something to HTML, Markdown, Slack, spreadsheets or terminals. */
export const hostileNames = [
  '<script>alert("1")</script>',
  `"><img src=x onerror='alert(1)'>`,
  'O\'Brien & "Sons"',
  '<!channel> <@U123> <https://evil.example|click> @channel',
  '| a | b |\n| --- | --- |',
  '[click](https://evil.example) ![x](https://evil.example/x.png) **b** `c` _d_ ~e~ # f',
  'https://evil.example/ www.evil.example &lt;b&gt; \\',
  '=HYPERLINK("https://evil.example","x")',
  "+1+cmd|' /C calc'!A0",
  '-2+3',
  '@SUM(1,2)',
  '\t=1+1',
  "'quoted",
  ' =1+1',
  'שלום \u202eevil\u202c عالم',
  '🚀 👩‍👩‍👧‍👦',
  'comma, "quote"\r\nnew stream',
  'x'.repeat(200),
  '🚀'.repeat(100),
  '&'.repeat(200),
];

/** A report of services with all of these names, each also the name of a team. */
export async function hostileReport(environment = 'production'): Promise<WeeklyReport> {
  const stories = hostileNames.map(
    name =>
      [
        stream({ service: name, team: name, environment, openSince: [noon - 2 * hourMs] }),
        { 1: { exposed: 3, escaped: 1, lead: [1, 2] } },
      ] as const,
  );
  return reportOf(stories, { environment });
}
