import { dashboardAnnotations } from './annotations.ts';
import { dashboard, uids } from './frame.ts';
import { bars, definition, lines, type PanelOptions, receiptsOf, stat } from './panels.ts';
import { acrossReplicas, now, over } from './sources.ts';
import {
  environment,
  firstlightUrl,
  postgresSource,
  prometheusSource,
  service as serviceVariable,
  team,
  window,
} from './variables.ts';

const at = 'service="$service", environment="$environment"';
const ofService = (name: string, more = '') =>
  acrossReplicas(`dora_${name}`, `${at}, window="$window"${more}`);
const address = '&service=${service:percentencode}&environment=${environment:percentencode}';
const receipts = (metric: string) => receiptsOf(metric, `${address}&window=\${window}`);

/** One service in one environment. @param url the address of the weekly page */
export function service(url: string) {
  return dashboard(
    {
      uid: uids.service,
      title: 'Firstlight / Service',
      description: 'How one service delivers, with its rollbacks, incidents and flag changes marked.',
      variables: [
        prometheusSource(),
        postgresSource(),
        team(),
        serviceVariable(),
        environment('dora_exposed_changes{service="$service"}'),
        window(),
        firstlightUrl(url),
      ],
      from: 'now-30d',
      refresh: '1m',
      annotations: dashboardAnnotations({
        where: 'service = ${service:sqlstring}',
        rollbacks: true,
        flags: true,
      }),
      page: `\${firstlight}/?${address.slice(1)}`,
    },
    [
      { title: '$service, last $window', panels: glance() },
      { title: 'Over time', panels: trends() },
      { title: 'What went wrong', panels: failures() },
    ],
  );
}

const one = (title: string, metric: string, unit: string, more: Partial<PanelOptions> = {}) =>
  stat({
    title,
    description: definition(metric),
    unit,
    queries: [now(ofService(metric), title)],
    width: 4,
    receipts: receipts(metric),
    ...more,
  });

const median = (title: string, metric: string, more: Partial<PanelOptions> = {}) =>
  one(title, metric, 's', {
    queries: [now(ofService(metric, ', quantile="0.5"'), title)],
    receipts: receipts(`${metric}&quantile=0.5`),
    decimals: 1,
    ...more,
  });

function glance() {
  return [
    one('Change failure ratio', 'change_failure_ratio', 'percentunit', { goal: 0.1, decimals: 1 }),
    median('Lead time (median)', 'lead_time_seconds'),
    median('Time to restore (median)', 'time_to_restore_seconds'),
    median('Recovery time (median)', 'recovery_time_seconds', { goal: 900 }),
    one('Deployments per day', 'deployments_per_day', 'none', { decimals: 2 }),
    one('Open incidents', 'open_incidents', 'none', {
      queries: [now(acrossReplicas('dora_open_incidents', at), 'Open incidents')],
      receipts: receiptsOf('open_incidents', address),
      empty: 'None',
    }),
    one('Rollouts exposed', 'exposed_changes', 'none'),
    one('Lead time: samples', 'lead_time_samples', 'none'),
    one('Outages', 'time_to_restore_samples', 'none'),
    one('Intervention ratio', 'intervention_ratio', 'percentunit', { decimals: 1 }),
    one('Rework ratio', 'rework_ratio', 'percentunit', { decimals: 1 }),
    one('Progressive ratio', 'progressive_ratio', 'percentunit', { decimals: 1 }),
  ];
}

const quantiles = (title: string, metric: string) =>
  lines({
    title,
    description: definition(metric),
    unit: 's',
    queries: [over(ofService(metric), 'p{{quantile}}')],
    width: 12,
    receipts: receipts(`${metric}&quantile=0.5`),
  });

function trends() {
  return [
    lines({
      title: 'Change failure ratio',
      description: `${definition('change_failure_ratio')} One line for each window: the short one moves first.`,
      unit: 'percentunit',
      queries: [over(acrossReplicas('dora_change_failure_ratio', at), '{{window}}')],
      width: 12,
      receipts: receipts('change_failure_ratio'),
    }),
    quantiles('Lead time', 'lead_time_seconds'),
    lines({
      title: 'Stages of a change (median)',
      description: definition('stage_seconds'),
      unit: 's',
      queries: [over(ofService('stage_seconds', ', quantile="0.5"'), '{{stage}}')],
      width: 12,
    }),
    lines({
      title: 'Deployments per day',
      description: definition('deployments_per_day'),
      unit: 'none',
      queries: [over(ofService('deployments_per_day'), 'per day')],
      width: 12,
      receipts: receipts('deployments_per_day'),
    }),
  ];
}

function failures() {
  return [
    bars({
      title: 'Rolled back: contained and escaped',
      description: `${definition('rolled_back_changes')} Contained ones met a part of the traffic only.`,
      unit: 'none',
      queries: [over(ofService('rolled_back_changes'), '{{containment}}')],
      width: 12,
      receipts: receipts('rolled_back_changes&containment=escaped'),
    }),
    lines({
      title: 'Failed exposure',
      description: definition('failed_exposure_seconds'),
      unit: 's',
      queries: [over(ofService('failed_exposure_seconds'), 'customers on bad changes')],
      width: 12,
      receipts: receipts('failed_exposure_seconds'),
    }),
    quantiles('Time to restore', 'time_to_restore_seconds'),
    quantiles('Recovery time', 'recovery_time_seconds'),
  ];
}
