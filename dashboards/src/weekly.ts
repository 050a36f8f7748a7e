import { dashboard, dashboardAnnotations, uids } from './frame.ts';
import { bars, definition, lines, type PanelOptions } from './panels.ts';
import { statement } from './sources.ts';
import {
  firstlightUrl,
  postgresSource,
  storedEnvironment,
  storedServices,
  storedTeams,
  teamColumn,
  zone,
} from './variables.ts';

const of = `${teamColumn} in (\${team:sqlstring}) and service in (\${service:sqlstring})`;

/**
 * Week by week, by the times of the events: what came late is counted where it belongs.
 * @param url of the weekly page
 */
export function weekly(url: string) {
  return dashboard(
    {
      uid: uids.weekly,
      title: 'Firstlight / Weekly trends',
      says: 'The numbers of each week, from the samples themselves and by the times of the events. The last week still runs.',
      variables: [
        postgresSource(),
        storedEnvironment(),
        storedTeams(),
        storedServices(),
        zone(),
        firstlightUrl(url),
      ],
      from: 'now-26w/w',
      refresh: '5m',
      annotations: dashboardAnnotations({ of, rollbacks: false, flags: true }),
      page: '${firstlight}/?environment=${environment:percentencode}&weeks=26',
    },
    [
      {
        title: 'Do things get better?',
        panels: [
          line('Change failure ratio', 'change_failure_ratio', 'percentunit', {
            'Change failure ratio': ratio('contained', 'escaped'),
          }),
          line('Lead time', 'lead_time_seconds', 's', quantiles('lead_time')),
          line('Time to restore', 'time_to_restore_seconds', 's', quantiles('restored')),
          line(
            'Recovery time',
            'recovery_time_seconds',
            's',
            quantiles('outage_recovered', 'rollback_recovered'),
          ),
        ],
      },
      {
        title: 'How, and at what cost?',
        panels: [
          stack('Rollouts exposed', 'exposed_changes', 'none', { Rollouts: count('exposed') }),
          stack('Rolled back: contained and escaped', 'rolled_back_changes', 'none', {
            contained: count('contained'),
            escaped: count('escaped'),
          }),
          line('Progressive ratio', 'progressive_ratio', 'percentunit', {
            'Progressive ratio': ratio('progressive'),
          }),
          line('Rework ratio', 'rework_ratio', 'percentunit', { 'Rework ratio': ratio('reworked') }),
          line('Deployments per day', 'deployments_per_day', 'none', {
            'per day': `${count('exposed')} / (extract(epoch from weeks.ends - weeks.time) / 86400)::double precision`,
          }),
          line('Failed exposure', 'failed_exposure_seconds', 's', {
            'Failed exposure': `coalesce(sum(seconds) filter (where ${among('contained', 'escaped')}), 0)`,
          }),
        ],
      },
    ],
  );
}

const among = (...metrics: readonly string[]) =>
  `metric in (${metrics.map(metric => `'${metric}'`).join(', ')})`;
const count = (...metrics: readonly string[]) =>
  `count(*) filter (where ${among(...metrics)})::double precision`;
const ratio = (...metrics: readonly string[]) => `${count(...metrics)} / nullif(${count('exposed')}, 0)`;
/** The nearest rank, as everywhere. */
const quantiles = (...metrics: readonly string[]) =>
  Object.fromEntries(
    [0.5, 0.9].map(rank => [
      `p${rank}`,
      `percentile_disc(${rank}) within group (order by seconds) filter (where ${among(...metrics)})`,
    ]),
  );

type Columns = Readonly<Record<string, string>>;

const line = (title: string, metric: string, unit: string, columns: Columns) =>
  lines(panel(title, metric, unit, columns));
const stack = (title: string, metric: string, unit: string, columns: Columns) =>
  bars(panel(title, metric, unit, columns));

function panel(title: string, metric: string, unit: string, columns: Columns): PanelOptions {
  return {
    title,
    says: `${definition(metric)} Each point is a week from Monday on; the last one still runs.`,
    unit,
    queries: [statement(byWeek(columns), 'time_series')],
    width: 12,
    from: 'postgres',
  };
}

/** Every week of the time range, with or without samples: from Monday to Monday in the zone. */
function byWeek(columns: Columns): string {
  const at = (moment: string) => `(${moment}::timestamptz at time zone \${zone:sqlstring})`;
  const wanted = Object.entries(columns).map(([name, expression]) => `  ${expression} as "${name}"`);
  return `with weeks as (
  select monday at time zone \${zone:sqlstring} as time,
    (monday + interval '7 days') at time zone \${zone:sqlstring} as ends
  from generate_series(date_trunc('week', ${at('$__timeFrom()')}), ${at('$__timeTo()')}, interval '7 days') as monday
), samples as (
  select date_trunc('week', at, \${zone:sqlstring}) as time, metric, seconds
  from report_samples
  where at >= (select min(time) from weeks) and at < $__timeTo()::timestamptz
    and environment = \${environment:sqlstring} and ${of}
)
select weeks.time,
${wanted.join(',\n')}
from weeks left join samples on samples.time = weeks.time
group by weeks.time, weeks.ends
order by weeks.time`;
}
