import type { Scenario } from './scenario.ts';

/** What is shown where nothing is known. */
export const honesty: readonly Scenario[] = [
  {
    name: 'without observations there are zero counts, and no ratio, quantile or mean',
    history: `
      05-01 09:00  incident_detected  incident=i1
      05-01 10:00  incident_resolved  incident=i1`,
    shows: `
      exposed_changes                      0
      rolled_back_changes contained        0
      rolled_back_changes escaped          0
      lead_time_samples                    0
      time_to_restore_samples              0
      recovery_time_samples                0
      deployments_per_day                  0
      failed_exposure_seconds              0
      open_incidents                       0
      change_failure_ratio                 -
      intervention_ratio                   -
      rework_ratio                         -
      progressive_ratio                    -
      lead_time_seconds 0.5                -
      lead_time_seconds 0.9                -
      lead_time_mean_seconds               -
      time_to_restore_seconds 0.5          -
      time_to_restore_mean_seconds         -
      recovery_time_seconds 0.9            -
      recovery_time_mean_seconds           -
      stage_seconds created_to_merged 0.5  -
      stage_seconds merged_to_exposed 0.5  -
      stage_seconds exposed_to_full 0.5    -
      time_to_restore_samples 30d          1
      fleet_exposed_changes                0
      fleet_change_failure_ratio           -`,
  },
  {
    name: 'a service with nothing in the longest window is not shown, its counters stay',
    history: `
      02-19 11:59  change_exposed      rollout=r1 change=c1 team=red
      02-19 11:59  change_rolled_back  rollout=r1`,
    shows: `
      exposed_changes team=red              -
      exposed_changes 90d team=red          -
      open_incidents team=red               -
      fleet_exposed_changes                 -
      fleet_exposed_changes 90d             -
      team_exposed_changes 90d team=red     -
      rollouts_total exposed team=red       1
      rollouts_total rolled_back team=red   1
      fleet_rollouts_total exposed          1
      fleet_rollouts_total rolled_back      1`,
  },
  {
    name: 'one observation in the longest window shows all windows of its service, and of no other',
    history: `
      03-01 09:00  change_exposed  rollout=r1 change=c1
      02-01 09:00  change_exposed  rollout=r1 change=c1 service=search
      02-01 09:00  change_exposed  rollout=r1 change=c1 environment=staging`,
    shows: `
      exposed_changes                          0
      exposed_changes 90d                      1
      change_failure_ratio                     -
      change_failure_ratio 90d                 0
      open_incidents                           0
      exposed_changes 90d service=search       -
      exposed_changes 90d environment=staging  -`,
  },
  {
    name: 'an open incident alone shows its service, however old',
    history: `
      2025-11-01 09:00  incident_detected  incident=i1`,
    shows: `
      open_incidents               1
      exposed_changes              0
      exposed_changes 90d          0
      time_to_restore_samples 90d  0
      change_failure_ratio 90d     -
      fleet_open_incidents         1`,
  },
  {
    name: 'a merge alone happens in no environment',
    history: `
      05-19 08:00  change_created  change=c1
      05-19 09:00  change_merged   change=c1`,
    shows: `
      exposed_changes 90d        -
      lead_time_samples 90d      -
      fleet_exposed_changes 90d  -
      rollouts_total exposed     -`,
  },
];
