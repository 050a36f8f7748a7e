import type { Scenario } from './scenario.ts';

/** What is a rollout, and what is known of it. */
export const facts: readonly Scenario[] = [
  {
    name: 'a rollout is exposed at its first exposure above zero percent, and only there',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1 weight=0
      05-19 10:00  change_exposed  rollout=r1 change=c1 weight=5
      05-19 11:00  change_exposed  rollout=r1 change=c1 weight=25
      05-19 13:00  change_exposed  rollout=r1 change=c1 weight=100`,
    shows: `
      exposed_changes                    1
      rollouts_total exposed             1
      lead_time_seconds 0.5              2h
      stage_seconds exposed_to_full 0.5  3h`,
  },
  {
    name: 'weight zero alone exposes nothing',
    history: `
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_exposed  rollout=r2 change=c2 weight=0`,
    shows: `
      exposed_changes          1
      rollouts_total exposed   1
      progressive_ratio        0`,
  },
  {
    name: 'an exposure without a weight is full',
    history: `
      05-19 09:00  change_exposed      rollout=r1 change=c1
      05-19 09:30  change_rolled_back  rollout=r1`,
    shows: `
      rolled_back_changes escaped    1
      rolled_back_changes contained  0
      failed_exposure_seconds        30m`,
  },
  {
    name: 'a progress step does not move an exposure into a later window',
    history: `
      05-10 09:00  change_exposed  rollout=r1 change=c1 weight=50
      05-19 09:00  change_exposed  rollout=r1 change=c1 weight=100`,
    shows: `
      exposed_changes      0
      exposed_changes 30d  1`,
  },
  {
    name: 'the earliest rollback of a rollout counts, and it counts once',
    history: `
      05-10 09:00  change_exposed      rollout=r1 change=c1
      05-10 10:00  change_rolled_back  rollout=r1
      05-19 09:00  change_rolled_back  rollout=r1`,
    shows: `
      rolled_back_changes escaped      0
      rolled_back_changes escaped 30d  1
      recovery_time_seconds 0.5 30d    1h
      rollouts_total rolled_back       1`,
  },
  {
    name: 'one rollout id in two services and two environments is three rollouts',
    history: `
      05-19 09:00  change_exposed      rollout=r1 change=c1
      05-19 09:00  change_exposed      rollout=r1 change=c1 environment=staging
      05-19 09:00  change_exposed      rollout=r1 change=c1 service=search
      05-19 09:30  change_rolled_back  rollout=r1 environment=staging`,
    shows: `
      exposed_changes                                          1
      exposed_changes environment=staging                      1
      exposed_changes service=search                           1
      fleet_exposed_changes                                    2
      fleet_exposed_changes environment=staging                1
      rolled_back_changes escaped                              0
      rolled_back_changes escaped environment=staging          1
      rolled_back_changes escaped service=search               0
      change_failure_ratio environment=staging                 1
      fleet_change_failure_ratio                               0`,
  },
  {
    name: 'a rollout without an id is called by its change, else the first of its changes, else its artifact',
    history: `
      05-19 09:00  change_exposed      change=c1 changes=c5 artifact=v5
      05-19 10:00  change_exposed      changes=c2,c6 artifact=v6
      05-19 11:00  change_exposed      artifact=v3
      05-19 12:00  change_exposed      rollout=r4 change=c4 weight=5
      05-19 13:00  change_rolled_back  rollout=c1
      05-19 13:00  change_rolled_back  change=c2 artifact=v1
      05-19 13:00  change_rolled_back  artifact=v3
      05-19 13:00  change_rolled_back  change=c4`,
    shows: `
      exposed_changes                4
      rolled_back_changes escaped    3
      rolled_back_changes contained  0`,
  },
  {
    name: 'a retry after an abort is a new rollout; the change met traffic the first time',
    history: `
      05-19 08:00  change_merged       change=c1
      05-19 09:00  change_exposed      rollout=r1 change=c1 weight=5
      05-19 09:10  change_rolled_back  rollout=r1
      05-19 12:00  change_exposed      rollout=r2 change=c1`,
    shows: `
      exposed_changes              2
      change_failure_ratio         1/2
      intervention_ratio           1/2
      lead_time_samples            1
      lead_time_seconds 0.5        1h`,
  },
  {
    name: 'the environment is production where none is named',
    history: `
      05-19 09:00  change_exposed      rollout=r1 change=c1
      05-19 09:30  change_rolled_back  rollout=r1 environment=production`,
    shows: `
      rolled_back_changes escaped  1`,
  },
  {
    name: 'what a rollout names on any of its exposures, it exposed with the first of them',
    history: `
      05-19 06:00  change_merged   change=c1
      05-19 07:00  change_merged   change=c2
      05-19 08:00  change_exposed  rollout=r1 change=c1 weight=0
      05-19 09:00  change_exposed  rollout=r1 weight=5
      05-19 10:00  change_exposed  rollout=r1 change=c2`,
    shows: `
      exposed_changes        1
      lead_time_samples      2
      lead_time_seconds 0.5  2h
      lead_time_seconds 0.9  3h`,
  },
  {
    name: 'a change of a flag rule is no exposure',
    history: `
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  flag_changed    flag=new-cart variant=50`,
    shows: `
      exposed_changes  1`,
  },
  {
    name: 'a drill is counted nowhere',
    history: `
      05-19 08:00  change_merged       change=c1
      05-19 09:00  change_exposed      rollout=drill change=c1 weight=5 drill=true
      05-19 09:30  change_rolled_back  rollout=drill
      05-19 10:00  change_exposed      rollout=r1 change=c1`,
    shows: `
      exposed_changes                1
      rolled_back_changes contained  0
      rolled_back_changes escaped    0
      intervention_ratio             0
      progressive_ratio              0
      recovery_time_samples          0
      failed_exposure_seconds        0
      lead_time_seconds 0.5          2h
      lead_time_samples              1
      rollouts_total exposed         1
      rollouts_total rolled_back     0`,
  },
  {
    name: 'a rehearsed abort makes its rollout a drill',
    history: `
      05-19 09:00  change_exposed      rollout=r1 change=c1
      05-19 10:00  change_exposed      rollout=r2 change=c2 weight=5
      05-19 10:30  change_rolled_back  rollout=r2 drill=true`,
    shows: `
      exposed_changes                1
      rolled_back_changes contained  0
      rollouts_total exposed         1
      rollouts_total rolled_back     0`,
  },
  {
    name: 'a drill with an older version is no return and rolls nothing back',
    history: `
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_exposed  rollout=r2 change=c2
      05-19 11:00  change_exposed  rollout=r3 change=c1 drill=true`,
    shows: `
      exposed_changes              2
      rolled_back_changes escaped  0
      rollouts_total exposed       2`,
  },
  {
    name: 'no incident is attributed to a drill, named or near',
    history: `
      05-19 09:00  change_exposed     rollout=r1 change=c1
      05-19 09:30  change_exposed     rollout=d1 change=c2 drill=true
      05-19 09:40  incident_detected  incident=i1 rollout=d1
      05-19 09:50  incident_resolved  incident=i1
      05-19 10:10  incident_detected  incident=i2
      05-19 10:20  incident_resolved  incident=i2`,
    shows: `
      time_to_restore_samples  2
      recovery_time_samples    0
      intervention_ratio       0`,
  },
];
