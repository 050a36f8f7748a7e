import type { Unit } from '../../domain/metrics/definition.ts';
import { familyOf } from '../../domain/metrics/families.ts';
import type { Formula } from '../../domain/metrics/interpret.ts';
import type { MeasureSet } from '../../domain/metrics/measures.ts';
import { must } from '../../domain/must.ts';
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
          lines(panel('change_failure_ratio')),
          lines(panel('lead_time_seconds')),
          lines(panel('time_to_restore_seconds')),
          lines(panel('recovery_time_seconds')),
        ],
      },
      {
        title: 'How, and at what cost?',
        panels: [
          bars(panel('exposed_changes', 'Rollouts exposed', 'Rollouts')),
          bars(panel('rolled_back_changes', 'Rolled back: contained and escaped')),
          lines(panel('progressive_ratio')),
          lines(panel('rework_ratio')),
          lines(panel('deployments_per_day', 'Deployments per day', 'per day')),
          lines(panel('failed_exposure_seconds')),
        ],
      },
    ],
  );
}

const among = ({ measures }: MeasureSet) =>
  `metric in (${measures.map(measure => `'${measure}'`).join(', ')})`;
const count = (of: MeasureSet) => `count(*) filter (where ${among(of)})::double precision`;

/** A formula as SQL over the samples of a week. */
function sqlOf(formula: Formula): string {
  switch (formula.way) {
    case 'count':
      return count(formula.of);
    case 'ratio':
      return `${count(formula.numerator)} / nullif(${count(formula.denominator)}, 0)`;
    case 'per_day':
      return `${count(formula.of)} / (extract(epoch from weeks.ends - weeks.time) / 86400)::double precision`;
    case 'sum':
      return `coalesce(sum(seconds) filter (where ${among(formula.of)}), 0)`;
    case 'mean':
      return `avg(seconds) filter (where ${among(formula.of)})`;
    case 'quantile':
      return `percentile_disc(${formula.rank}) within group (order by seconds) filter (where ${among(formula.of)})`;
  }
}

/** Grafana's names of the units. */
const units: Readonly<Record<Unit, string>> = {
  count: 'none',
  ratio: 'percentunit',
  seconds: 's',
  per_day: 'none',
};

/**
 * A metric week by week.
 * @param name without prefix
 * @param title default: that of the metric
 * @param column what a metric of one series is called in the legend; default: the title
 */
function panel(name: string, title?: string, column?: string): PanelOptions {
  const family = must(familyOf(name), `metric ${name}`);
  const columns = family.series.map(({ labels, formula }): [string, string] => {
    const values = Object.entries(labels).map(([label, value]) =>
      label === 'quantile' ? `p${value}` : value,
    );
    return [values.length === 0 ? (column ?? family.title) : values.join(' '), sqlOf(formula)];
  });
  return {
    title: title ?? family.title,
    description: `${definition(name)} Each point is a week from Monday on; the last one still runs.`,
    unit: units[family.unit],
    queries: [sqlQuery(byWeek(columns), 'time_series')],
    width: 12,
    from: 'postgres',
  };
}

/**
 * A statement that gives a row per week of the time range, also where nothing was observed; weeks begin on Monday in the zone.
 * @param columns names, each with an expression of SQL over `samples`
 */
function byWeek(columns: readonly (readonly [name: string, expression: string])[]): string {
  const inZone = (time: string) => `(${time}::timestamptz at time zone \${zone:sqlstring})`;
  const selected = columns.map(([name, expression]) => `  ${expression} as "${name}"`);
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
