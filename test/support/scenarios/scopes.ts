import type { Scenario } from './scenario.ts';

/** Teams, the fleet, and the edges of windows. */
export const scopes: readonly Scenario[] = [
  {
    name: 'fleet and team numbers pool the observations and never average averages',
    history: `
      05-19 05:00  change_merged       change=c1 team=red
      05-19 06:00  change_exposed      rollout=r1 change=c1
      05-19 06:10  change_rolled_back  rollout=r1
      05-19 07:00  change_merged       change=x1 service=search team=red
      05-19 08:00  change_exposed      rollout=r1 change=x1 service=search
      05-19 08:00  change_merged       change=x2 service=search
      05-19 09:00  change_exposed      rollout=r2 change=x2 service=search
      05-19 01:00  change_merged       change=y1 service=billing team=blue
      05-19 11:00  change_exposed      rollout=r1 change=y1 service=billing`,
    shows: `
      change_failure_ratio team=red                    1
      change_failure_ratio service=search team=red     0
      team_change_failure_ratio team=red               1/3
      fleet_change_failure_ratio                       1/4
      team_exposed_changes team=red                    3
      team_exposed_changes team=blue                   1
      fleet_exposed_changes                            4
      team_lead_time_samples team=red                  3
      team_lead_time_mean_seconds team=red             1h
      team_lead_time_seconds 0.9 team=blue             10h
      fleet_lead_time_samples                          4
      fleet_lead_time_seconds 0.5                      1h
      fleet_lead_time_seconds 0.9                      10h
      fleet_lead_time_mean_seconds                     3h15m
      fleet_deployments_per_day                        4/7
      fleet_failed_exposure_seconds                    10m
      fleet_rollouts_total exposed                     4
      fleet_rollouts_total rolled_back                 1
      team_rollouts_total exposed team=red             -`,
  },
  {
    name: 'open incidents are pooled too',
    history: `
      05-19 05:00  incident_detected  incident=i1 team=red
      05-19 05:00  incident_detected  incident=i1 team=red service=search
      05-19 05:00  incident_detected  incident=i2 team=red service=search
      05-19 05:00  incident_detected  incident=i1 service=billing`,
    shows: `
      open_incidents team=red                 1
      open_incidents team=red service=search  2
      open_incidents service=billing          1
      team_open_incidents team=red            3
      fleet_open_incidents                    4`,
  },
  {
    name: 'a service without a team is empty in its label and has no team series',
    history: `
      05-19 09:00  change_exposed  rollout=r1 change=c1`,
    shows: `
      exposed_changes               1
      fleet_exposed_changes         1
      team_exposed_changes team=    -`,
  },
  {
    name: 'the team is that of the latest event that names one, for all of its numbers',
    history: `
      05-14 09:00  change_exposed  rollout=r1 change=c1 team=red
      05-14 09:00  change_exposed  rollout=r1 change=c1 environment=staging
      05-18 09:00  flag_changed    flag=new-cart service=checkout team=blue
      05-19 09:00  change_exposed  rollout=r2 change=c2`,
    shows: `
      exposed_changes team=blue                      2
      exposed_changes team=blue environment=staging  1
      exposed_changes team=red                       -
      team_exposed_changes team=blue                 2
      team_exposed_changes team=red                  -
      rollouts_total exposed team=blue               2`,
  },
  {
    name: 'of two teams named at one time the last by UTF-8 bytes holds',
    history: `
      05-19 09:00  change_exposed  rollout=r1 change=c1 team=\uff21
      05-19 09:00  change_merged   change=c1 team=\u{1f680}
      05-19 09:00  change_created  change=c1 team=zebra`,
    shows: `
      exposed_changes team=\u{1f680}  1
      exposed_changes team=\uff21     -
      exposed_changes team=zebra      -`,
  },
  {
    name: 'a window includes its first millisecond and excludes its last',
    history: `
      05-13 11:59:59.999  change_exposed  rollout=r1 change=c1
      05-13 12:00         change_exposed  rollout=r2 change=c2
      05-20 11:59:59.999  change_exposed  rollout=r3 change=c3
      05-20 12:00         change_exposed  rollout=r4 change=c4
      04-20 11:59:59.999  change_exposed  rollout=r5 change=c5
      04-20 12:00         change_exposed  rollout=r6 change=c6
      02-19 11:59:59.999  change_exposed  rollout=r7 change=c7
      02-19 12:00         change_exposed  rollout=r8 change=c8`,
    shows: `
      exposed_changes         2
      exposed_changes 30d     4
      exposed_changes 90d     6
      rollouts_total exposed  8`,
  },
  {
    name: 'rollbacks and outages have the same edges',
    history: `
      05-13 10:00         change_exposed      rollout=r1 change=c1
      05-13 10:30         change_exposed      rollout=r2 change=c2
      05-13 11:59:59.999  change_rolled_back  rollout=r1
      05-13 12:00         change_rolled_back  rollout=r2
      05-13 08:00         incident_detected   incident=i1
      05-13 08:30         incident_resolved   incident=i1
      05-13 09:00         incident_detected   incident=i2
      05-13 12:00         incident_resolved   incident=i2
      05-20 09:00         incident_detected   incident=i3
      05-20 12:00         incident_resolved   incident=i3`,
    shows: `
      rolled_back_changes escaped  1
      time_to_restore_samples      1
      time_to_restore_seconds 0.5  3h
      recovery_time_seconds 0.5    1h30m
      failed_exposure_seconds      1h30m`,
  },
];
