import { dashboardAnnotations } from './annotations.ts';
import { dashboard, uids } from './frame.ts';
import {
  bars,
  cellLink,
  cellUnit,
  definition,
  joined,
  lines,
  type PanelOptions,
  receiptsOf,
  stat,
  table,
} from './panels.ts';
import { acrossReplicas, now, over, rows } from './sources.ts';
import { environment, firstlightUrl, postgresSource, prometheusSource, team, window } from './variables.ts';

const at = 'environment="$environment"';
const inWindow = `${at}, window="$window"`;
const fleet = (name: string, more = '') => acrossReplicas(`dora_fleet_${name}`, inWindow + more);
const receipts = (metric: string) =>
  receiptsOf(metric, '&environment=${environment:percentencode}&window=${window}');
const median = ', quantile="0.5"';

/** The fleet, its teams and its services. @param url the address of the weekly page */
export function overview(url: string) {
  return dashboard(
    {
      uid: uids.overview,
      title: 'Firstlight / Overview',
      description: 'How the whole fleet delivers, and which teams and services to look at.',
      variables: [
        prometheusSource(),
        postgresSource(),
        environment('dora_fleet_exposed_changes'),
        window(),
        team(),
        firstlightUrl(url),
      ],
      from: 'now-30d',
      refresh: '1m',
      annotations: dashboardAnnotations({ rollbacks: false, flags: false }),
      page: '${firstlight}/?environment=${environment:percentencode}',
    },
    [
      { title: 'The fleet, last $window', panels: glance() },
      { title: 'Over time', panels: trends() },
      { title: 'Teams and services, last $window', panels: [teams(), services()] },
    ],
  );
}

function glance() {
  const one = (title: string, metric: string, unit: string, more: Partial<PanelOptions> = {}) => {
    const matchers = metric.endsWith('_seconds') && metric !== 'failed_exposure_seconds' ? median : '';
    const quantile = matchers === '' ? '' : '&quantile=0.5';
    return stat({
      title,
      description: definition(metric),
      unit,
      queries: [now(fleet(metric, matchers), title)],
      width: 6,
      receipts: receipts(metric + quantile),
      ...more,
    });
  };
  return [
    one('Change failure ratio', 'change_failure_ratio', 'percentunit', { goal: 0.1, decimals: 1 }),
    one('Lead time (median)', 'lead_time_seconds', 's', { decimals: 1 }),
    one('Time to restore (median)', 'time_to_restore_seconds', 's', { decimals: 1 }),
    one('Deployments per day', 'deployments_per_day', 'none', { decimals: 1 }),
    one('Recovery time (median)', 'recovery_time_seconds', 's', { goal: 900, decimals: 1 }),
    one('Rework ratio', 'rework_ratio', 'percentunit', { decimals: 1 }),
    one('Failed exposure', 'failed_exposure_seconds', 's', { decimals: 1 }),
    stat({
      title: 'Open incidents',
      description: definition('open_incidents'),
      unit: 'none',
      queries: [now(acrossReplicas('dora_fleet_open_incidents', at), 'Open incidents')],
      width: 6,
      empty: 'None',
    }),
  ];
}

function trends() {
  const quantiles = (metric: string) => [over(fleet(metric), 'p{{quantile}}')];
  return [
    lines({
      title: 'Change failure ratio',
      description: `${definition('change_failure_ratio')} One line for each window: the short one moves first.`,
      unit: 'percentunit',
      queries: [over(acrossReplicas('dora_fleet_change_failure_ratio', at), '{{window}}')],
      width: 8,
    }),
    lines({
      title: 'Lead time',
      description: definition('lead_time_seconds'),
      unit: 's',
      queries: quantiles('lead_time_seconds'),
      width: 8,
    }),
    lines({
      title: 'Time to restore',
      description: definition('time_to_restore_seconds'),
      unit: 's',
      queries: quantiles('time_to_restore_seconds'),
      width: 8,
    }),
    bars({
      title: 'Rolled back: contained and escaped',
      description: `${definition('rolled_back_changes')} Contained ones met a part of the traffic only.`,
      unit: 'none',
      queries: [over(fleet('rolled_back_changes'), '{{containment}}')],
      width: 8,
    }),
    lines({
      title: 'Deployments per day',
      description: definition('deployments_per_day'),
      unit: 'none',
      queries: [over(fleet('deployments_per_day'), 'per day')],
      width: 8,
    }),
    lines({
      title: 'Stages of a change (median)',
      description: definition('stage_seconds'),
      unit: 's',
      queries: [over(fleet('stage_seconds', median), '{{stage}}')],
      width: 8,
    }),
  ];
}

const columns = [
  ['exposed_changes', '', 'Rollouts', 'none'],
  ['change_failure_ratio', '', 'Change failure ratio', 'percentunit'],
  ['lead_time_seconds', median, 'Lead time', 's'],
  ['time_to_restore_seconds', median, 'Time to restore', 's'],
  ['failed_exposure_seconds', '', 'Failed exposure', 's'],
] as const;
const refs = ['A', 'B', 'C', 'D', 'E'];

function numbers(
  prefix: string,
  labels: Readonly<Record<string, string>>,
  title: string,
  description: string,
) {
  const matchers = `${inWindow}, team=~"$team"`;
  const renamed = Object.fromEntries(columns.map(([, , name], index) => [`Value #${refs[index]}`, name]));
  let built = table({
    title,
    description,
    unit: 'none',
    queries: columns.map(([metric, more], index) =>
      rows(`max by (${Object.keys(labels)}) (${prefix}${metric}{${matchers}${more}})`, refs[index] ?? ''),
    ),
    width: 24,
    empty: 'Nothing was exposed',
  }).transformations(joined({ ...labels, ...renamed }));
  for (const [, , name, unit] of columns)
    built = built.overrideByName(name, [cellUnit(unit), { id: 'decimals', value: unit === 'none' ? 0 : 1 }]);
  return built;
}

function teams() {
  const description =
    'The same numbers over all services of a team, pooled. What belongs to no team is in none.';
  const onlyThisTeam = '/d/firstlight-overview?var-team=${__value.text:percentencode}';
  return numbers('dora_team_', { team: 'Team' }, 'Teams', description)
    .height(7)
    .overrideByName('Team', [
      cellLink('Only this team', `${onlyThisTeam}&\${environment:queryparam}&\${window:queryparam}`),
    ]);
}

function services() {
  const description = 'Click a service for its dashboard, a ratio for its receipts.';
  const to = '/d/firstlight-service?var-service=${__value.text:percentencode}';
  const receipt = receiptsOf(
    'change_failure_ratio',
    '&service=${__data.fields.Service:percentencode}&environment=${environment:percentencode}&window=${window}',
  );
  return numbers('dora_', { service: 'Service', team: 'Team' }, 'Services', description)
    .height(12)
    .overrideByName('Service', [
      cellLink('Its dashboard', `${to}&\${environment:queryparam}&\${window:queryparam}`),
    ])
    .overrideByName('Change failure ratio', [cellLink('Receipts', receipt, true)]);
}
