import { dashboardAnnotations } from './annotations.ts';
import { dashboard, uids } from './frame.ts';
import { bars, definition, lines, type PanelOptions } from './panels.ts';
import { sqlQuery } from './sources.ts';
import {
  firstlightUrl,
  postgresSource,
  storedEnvironment,
  storedServices,
  storedTeams,
  teamColumn,
  zone,
} from './variables.ts';

/** A condition of SQL: the service and its team are chosen. */
const isChosen = `${teamColumn} in (\${team:sqlstring}) and service in (\${service:sqlstring})`;

/**
 * The numbers week by week. A week counts what happened in it, however late its events arrived.
 * @param url the address of the weekly page
 */
export function weekly(url: string) {
  return dashboard(
    {
      uid: uids.weekly,
      title: 'Firstlight / Weekly trends',
      description:
        'The numbers of each week, from the samples themselves and by the times of the events. The last week still runs.',
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
      annotations: dashboardAnnotations({ where: isChosen, rollbacks: false, flags: true }),
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
/** Quantiles by nearest rank, as everywhere. */
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
    description: `${definition(metric)} Each point is a week from Monday on; the last one still runs.`,
    unit,
    queries: [sqlQuery(byWeek(columns), 'time_series')],
    width: 12,
    from: 'postgres',
  };
}

/**
 * A statement that gives a row per week of the time range, also where nothing was observed; weeks begin on Monday in the zone.
 * @param columns an expression of SQL over `samples` by the name of its column
 */
function byWeek(columns: Columns): string {
  const inZone = (time: string) => `(${time}::timestamptz at time zone \${zone:sqlstring})`;
  const selected = Object.entries(columns).map(([name, expression]) => `  ${expression} as "${name}"`);
  return `with weeks as (
  select monday at time zone \${zone:sqlstring} as time,
    (monday + interval '7 days') at time zone \${zone:sqlstring} as ends
  from generate_series(date_trunc('week', ${inZone('$__timeFrom()')}), ${inZone('$__timeTo()')}, interval '7 days') as monday
), samples as (
  select date_trunc('week', at, \${zone:sqlstring}) as time, metric, seconds
  from report_samples
  where at >= (select min(time) from weeks) and at < $__timeTo()::timestamptz
    and environment = \${environment:sqlstring} and ${isChosen}
)
select weeks.time,
${selected.join(',\n')}
from weeks left join samples on samples.time = weeks.time
group by weeks.time, weeks.ends
order by weeks.time`;
}
