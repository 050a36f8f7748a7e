import { dashboardAnnotations } from './annotations.ts';
import { dashboard, uids } from './frame.ts';
import { bars, cellLink, cellUnit, definition, lines, receiptsOf, stat, table } from './panels.ts';
import { acrossReplicas, now, over, sqlQuery } from './sources.ts';
import {
  environment,
  firstlightUrl,
  postgresSource,
  prometheusSource,
  storedServices,
  storedTeams,
  window,
} from './variables.ts';

/** The services that were chosen, which are some of those of the chosen teams. */
const ofServices = 'environment="$environment", service=~"$service"';
const inWindow = `${ofServices}, window="$window"`;
const fleet = 'environment="$environment", window="$window"';
/** The same as a condition of SQL. */
const isChosen = 'service in (${service:sqlstring})';
const fleetReceipts = (metric: string) =>
  receiptsOf(metric, '&environment=${environment:percentencode}&window=${window}');

/** What canaries caught, what is under way, what was rolled back. @param url the address of the weekly page */
export function rollouts(url: string) {
  return dashboard(
    {
      uid: uids.rollouts,
      title: 'Firstlight / Rollouts and canaries',
      description:
        'What canaries caught before everyone met it, what is under way, and what was rolled back.',
      variables: [
        prometheusSource(),
        postgresSource(),
        environment('dora_exposed_changes'),
        window(),
        storedTeams(),
        storedServices(),
        firstlightUrl(url),
      ],
      from: 'now-7d',
      refresh: '1m',
      annotations: dashboardAnnotations({ where: isChosen, rollbacks: true, flags: true }),
      page: '${firstlight}/?environment=${environment:percentencode}',
    },
    [
      { title: 'The fleet, last $window', panels: glance() },
      { title: 'What canaries save', panels: saved() },
      { title: 'Rollouts', panels: [underWay(), rolledBack(), pace()] },
    ],
  );
}

function glance() {
  const rolledBack = (more: string) => acrossReplicas('dora_fleet_rolled_back_changes', fleet + more);
  return [
    stat({
      title: 'Progressive ratio',
      description: definition('progressive_ratio'),
      unit: 'percentunit',
      queries: [now(acrossReplicas('dora_fleet_progressive_ratio', fleet), 'Progressive')],
      width: 6,
      decimals: 1,
      receipts: fleetReceipts('progressive_ratio'),
    }),
    stat({
      title: 'Contained',
      description: 'Share of the rollbacks that came before the rollout had all traffic.',
      unit: 'percentunit',
      queries: [
        now(`sum(${rolledBack(', containment="contained"')}) / (sum(${rolledBack('')}) > 0)`, 'Contained'),
      ],
      width: 6,
      decimals: 1,
      empty: 'No rollbacks',
      receipts: fleetReceipts('rolled_back_changes&containment=contained'),
    }),
    stat({
      title: 'Failed exposure',
      description: definition('failed_exposure_seconds'),
      unit: 's',
      queries: [now(acrossReplicas('dora_fleet_failed_exposure_seconds', fleet), 'Failed exposure')],
      width: 6,
      decimals: 1,
      receipts: fleetReceipts('failed_exposure_seconds'),
    }),
    stat({
      title: 'Exposed to full (median)',
      description: `${definition('stage_seconds')} Here: how long a rollout takes from its first traffic to all of it.`,
      unit: 's',
      queries: [
        now(
          acrossReplicas('dora_fleet_stage_seconds', `${fleet}, stage="exposed_to_full", quantile="0.5"`),
          'Exposed to full',
        ),
      ],
      width: 6,
      decimals: 1,
    }),
  ];
}

function saved() {
  return [
    bars({
      title: 'Rolled back by containment',
      description: `${definition('rolled_back_changes')} Over the last $window at each moment, of the services chosen.`,
      unit: 'none',
      queries: [
        over(
          `sum by (containment) (${acrossReplicas('dora_rolled_back_changes', inWindow)})`,
          '{{containment}}',
        ),
      ],
      width: 8,
    }),
    lines({
      title: 'Progressive ratio by service',
      description: definition('progressive_ratio'),
      unit: 'percentunit',
      queries: [over(acrossReplicas('dora_progressive_ratio', inWindow), '{{service}}')],
      width: 8,
    }),
    lines({
      title: 'Failed exposure by service',
      description: definition('failed_exposure_seconds'),
      unit: 's',
      queries: [over(acrossReplicas('dora_failed_exposure_seconds', inWindow), '{{service}}')],
      width: 8,
    }),
  ];
}

const receiptOfService = receiptsOf(
  'rolled_back_changes',
  '&service=${__value.text:percentencode}&environment=${environment:percentencode}&window=${window}',
);

function underWay() {
  return lines({
    title: 'Time with a part of the traffic',
    description:
      'The newest rollout of a service, where it has some of the traffic and never had all of it: time since its last step. An alert tells when it is a day.',
    unit: 's',
    queries: [over(acrossReplicas('firstlight_partial_exposure_seconds', ofServices), '{{service}}')],
    width: 12,
    empty: 'Nothing is under way',
  });
}

function rolledBack() {
  return table({
    title: 'Rollbacks of the time range',
    description:
      'The latest first, at most 200. Failed exposure: the traffic-weighted seconds that customers spent on it.',
    unit: 'none',
    from: 'postgres',
    queries: [
      sqlQuery(
        `select rolled_back_at as "When", service as "Service", rollout as "Rollout", containment as "Containment",
  coalesce(cause, '') as "Cause", extract(epoch from rolled_back_at - exposed_at)::double precision as "After",
  failed_exposure_seconds as "Failed exposure"
from report_rollouts
where $__timeFilter(rolled_back_at) and environment = \${environment:sqlstring} and ${isChosen}
order by 1 desc limit 200`,
      ),
    ],
    width: 12,
    height: 8,
    empty: 'No rollbacks',
  })
    .overrideByName('Service', [cellLink('Receipts', receiptOfService, true)])
    .overrideByName('After', [cellUnit('s')])
    .overrideByName('Failed exposure', [cellUnit('s')]);
}

function pace() {
  const perHour = (name: string) =>
    `3600 * sum by (outcome) (max without (instance, job) (rate(${name}{${ofServices}}[$__rate_interval])))`;
  return lines({
    title: 'Rollouts per hour, as they come in',
    description: `${definition('rollouts_total')} By the time at which their events arrived.`,
    unit: 'none',
    queries: [over(perHour('dora_rollouts_total'), '{{outcome}}')],
    width: 24,
  });
}
