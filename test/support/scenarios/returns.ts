import type { Scenario } from './scenario.ts';

/** An older version coming back. */
export const returns: readonly Scenario[] = [
  {
    name: 'the older version coming back is no exposure, and rolls back what was exposed since',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 09:30  change_merged   change=c2
      05-19 10:00  change_exposed  rollout=r2 change=c2
      05-19 11:00  change_exposed  rollout=r3 change=c1 rework=true weight=50
      05-19 11:00  change_exposed  rollout=r3 change=c1 rework=true`,
    shows: `
      exposed_changes                2
      rolled_back_changes escaped    1
      rolled_back_changes contained  0
      change_failure_ratio           1/2
      intervention_ratio             1/2
      rework_ratio                   0
      progressive_ratio              0
      deployments_per_day            2/7
      lead_time_samples              2
      lead_time_seconds 0.9          1h
      recovery_time_samples          1
      recovery_time_seconds 0.5      1h
      failed_exposure_seconds        1h
      rollouts_total exposed         3
      rollouts_total rolled_back     0
      fleet_rollouts_total exposed       3
      fleet_rollouts_total rolled_back   0`,
  },
  {
    name: 'the same version again with nothing between is a rollout like any other',
    history: `
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_exposed  rollout=r2 change=c1`,
    shows: `
      exposed_changes              2
      rolled_back_changes escaped  0`,
  },
  {
    name: 'a rollout that also names something new is no return',
    history: `
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_exposed  rollout=r2 change=c2
      05-19 11:00  change_exposed  rollout=r3 change=c1 changes=c3`,
    shows: `
      exposed_changes              3
      rolled_back_changes escaped  0`,
  },
  {
    name: 'a rollout that names a part of what an earlier one exposed is a return',
    history: `
      05-19 09:00  change_exposed  rollout=r1 changes=c0,c1,c2
      05-19 10:00  change_exposed  rollout=r2 change=c3
      05-19 11:00  change_exposed  rollout=r3 changes=c0,c2`,
    shows: `
      exposed_changes              2
      rolled_back_changes escaped  1`,
  },
  {
    name: 'names that no single earlier rollout exposed together are no return',
    history: `
      05-19 08:00  change_exposed  rollout=r1 change=c1
      05-19 09:00  change_exposed  rollout=r2 change=c2
      05-19 10:00  change_exposed  rollout=r3 change=c3
      05-19 11:00  change_exposed  rollout=r4 changes=c1,c2`,
    shows: `
      exposed_changes              4
      rolled_back_changes escaped  0`,
  },
  {
    name: 'a change that was carried but never named does not come back',
    history: `
      05-19 06:00  change_merged   change=c1
      05-19 07:00  change_exposed  rollout=r1 change=c1
      05-19 07:10  change_merged   change=c2
      05-19 07:20  change_merged   change=c3
      05-19 08:00  change_exposed  rollout=r2 change=c3
      05-19 09:00  change_exposed  rollout=r3 change=c4
      05-19 10:00  change_exposed  rollout=r4 change=c2`,
    shows: `
      exposed_changes              4
      rolled_back_changes escaped  0`,
  },
  {
    name: 'a rollout that names nothing is no return',
    history: `
      05-19 09:00  change_exposed  rollout=r1
      05-19 10:00  change_exposed  rollout=r2 change=c2
      05-19 10:30  change_rolled_back  rollout=r2
      05-19 11:00  change_exposed  rollout=r3`,
    shows: `
      exposed_changes              3
      rolled_back_changes escaped  1`,
  },
  {
    name: 'a flag rollout between does not make a return',
    history: `
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_exposed  rollout=f1 change=c2 strategy=flag
      05-19 11:00  change_exposed  rollout=r2 change=c1`,
    shows: `
      exposed_changes              3
      rolled_back_changes escaped  0`,
  },
  {
    name: 'a return does not roll back a flag rollout, and a flag rollout is no return',
    history: `
      05-19 08:00  change_exposed  rollout=r1 change=c1
      05-19 09:00  change_exposed  rollout=r2 change=c2
      05-19 10:00  change_exposed  rollout=f1 change=c3 strategy=flag
      05-19 12:00  change_exposed  rollout=r3 change=c1
      05-19 13:00  change_exposed  rollout=r4 change=c4
      05-19 14:00  change_exposed  rollout=f2 change=c1 strategy=flag`,
    shows: `
      exposed_changes              5
      rolled_back_changes escaped  1
      recovery_time_seconds 0.5    3h
      intervention_ratio           1/5
      rollouts_total exposed       6`,
  },
  {
    name: 'a return reaches back thirty days and not a millisecond more',
    history: `
      03-15 09:00             change_exposed  rollout=r0 change=c0
      04-19 08:59:59.999      change_exposed  rollout=r1 change=c1
      04-19 09:00             change_exposed  rollout=r2 change=c2
      05-19 09:00             change_exposed  rollout=r3 change=c0`,
    shows: `
      exposed_changes                  0
      exposed_changes 90d              3
      rolled_back_changes escaped      1
      change_failure_ratio             -
      intervention_ratio 90d           1/3
      recovery_time_samples            1
      recovery_time_seconds 0.5        30d
      failed_exposure_seconds          30d`,
  },
  {
    name: 'a version that was rolled back does not come back, it is tried again',
    history: `
      05-19 09:00  change_exposed      rollout=r1 change=c1
      05-19 09:30  change_rolled_back  rollout=r1
      05-19 10:00  change_exposed      rollout=r2 change=c2
      05-19 11:00  change_exposed      rollout=r3 change=c1`,
    shows: `
      exposed_changes              3
      rolled_back_changes escaped  1`,
  },
  {
    name: 'a version that is rolled back only later has come back',
    history: `
      05-19 09:00  change_exposed      rollout=r1 change=c1
      05-19 10:00  change_exposed      rollout=r2 change=c2
      05-19 11:00  change_exposed      rollout=r3 change=c1
      05-19 11:00  change_rolled_back  rollout=r1`,
    shows: `
      exposed_changes              2
      rolled_back_changes escaped  2
      rollouts_total rolled_back   1`,
  },
  {
    name: 'of several earlier rollouts of a version the last one that stood is where it comes back to',
    history: `
      05-19 07:00  change_exposed      rollout=r1 change=c1
      05-19 08:00  change_exposed      rollout=r2 change=c2
      05-19 09:00  change_exposed      rollout=r3 change=c3 changes=c1
      05-19 10:00  change_exposed      rollout=r4 change=c4
      05-19 11:00  change_exposed      rollout=r5 change=c1`,
    shows: `
      exposed_changes              4
      rolled_back_changes escaped  1
      recovery_time_seconds 0.5    1h`, // r4 only: r2 lies before r3, which named c1 last
  },
  {
    name: 'a rolled-back repetition is left out of the search for where a version comes back to',
    history: `
      05-19 07:00  change_exposed      rollout=r1 change=c1
      05-19 08:00  change_exposed      rollout=r2 change=c1 weight=5
      05-19 08:10  change_rolled_back  rollout=r2
      05-19 09:00  change_exposed      rollout=r3 change=c1`,
    shows: `
      exposed_changes                2
      rolled_back_changes contained  1
      rolled_back_changes escaped    0
      rollouts_total exposed         3`, // r3 comes back to r1, with r2 exposed since
  },
  {
    name: 'a version may come back twice',
    history: `
      05-19 07:00  change_exposed  rollout=r1 change=c1
      05-19 08:00  change_exposed  rollout=r2 change=c2
      05-19 09:00  change_exposed  rollout=r3 change=c1
      05-19 10:00  change_exposed  rollout=r4 change=c3
      05-19 10:30  change_exposed  rollout=r5 change=c1
      05-19 11:00  change_exposed  rollout=r6 change=c1`,
    shows: `
      exposed_changes              3
      rolled_back_changes escaped  2
      recovery_time_seconds 0.5    30m
      recovery_time_seconds 0.9    1h
      rollouts_total exposed       6`,
  },
  {
    name: 'a return between does not make a return',
    history: `
      03-10 09:00  change_exposed  rollout=r1 change=c1
      03-15 09:00  change_exposed  rollout=r2 change=c2
      05-18 09:00  change_exposed  rollout=r3 change=c1
      05-19 09:00  change_exposed  rollout=r4 change=c2`,
    shows: `
      exposed_changes                  1
      exposed_changes 90d              3
      rolled_back_changes escaped 90d  0`, // r3 comes back to r1, too late to roll r2 back
  },
  {
    name: 'the newer version tried again after a return is a rollout like any other',
    history: `
      05-19 07:00  change_exposed  rollout=r1 change=c1
      05-19 08:00  change_exposed  rollout=r2 change=c2
      05-19 09:00  change_exposed  rollout=r3 change=c1
      05-19 10:00  change_exposed  rollout=r4 change=c2`,
    shows: `
      exposed_changes              3
      rolled_back_changes escaped  1
      change_failure_ratio         1/3`,
  },
  {
    name: 'an artifact comes back as a change does',
    history: `
      05-19 09:00  change_exposed  rollout=r1 artifact=v1
      05-19 10:00  change_exposed  rollout=r2 artifact=v2
      05-19 11:00  change_exposed  rollout=r3 artifact=v1`,
    shows: `
      exposed_changes              2
      rolled_back_changes escaped  1`,
  },
  {
    name: 'a change comes back by its artifact, and an artifact by its change',
    history: `
      05-19 08:00  change_merged   change=c1 artifact=v1
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_exposed  rollout=r2 change=c2
      05-19 11:00  change_exposed  rollout=r3 artifact=v1
      05-19 08:00  change_merged   change=c1 artifact=v1 service=search
      05-19 09:00  change_exposed  rollout=r1 artifact=v1 service=search
      05-19 10:00  change_exposed  rollout=r2 change=c2 service=search
      05-19 11:00  change_exposed  rollout=r3 change=c1 service=search`,
    shows: `
      exposed_changes                             2
      rolled_back_changes escaped                 1
      exposed_changes service=search              2
      rolled_back_changes escaped service=search  1`,
  },
  {
    name: 'an artifact of more changes than the earlier rollout exposed does not come back',
    history: `
      05-19 08:00  change_merged   change=c1 artifact=v1
      05-19 08:00  change_merged   change=c2 artifact=v1
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_exposed  rollout=r2 change=c3
      05-19 11:00  change_exposed  rollout=r3 artifact=v1`,
    shows: `
      exposed_changes              3
      rolled_back_changes escaped  0`,
  },
  {
    name: 'a return contains what was never full',
    history: `
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_exposed  rollout=r2 change=c2 weight=25
      05-19 11:00  change_exposed  rollout=r3 change=c1
      05-19 12:00  change_exposed  rollout=r2 change=c2 weight=100`,
    shows: `
      rolled_back_changes contained  1
      rolled_back_changes escaped    0
      failed_exposure_seconds        900`, // 3600 s × 0.25
  },
  {
    name: 'a return rolls back whatever stood since, and leaves what was rolled back by then as it was',
    history: `
      05-19 07:00  change_exposed      rollout=r1 change=c1
      05-19 08:00  change_exposed      rollout=r2 change=c2
      05-19 08:20  change_rolled_back  rollout=r2
      05-19 09:00  change_exposed      rollout=r3 change=c3
      05-19 09:30  change_exposed      rollout=r4 change=c4
      05-19 10:00  change_exposed      rollout=r5 change=c1`,
    shows: `
      exposed_changes              4
      rolled_back_changes escaped  3
      recovery_time_samples        3
      recovery_time_seconds 0.5    30m
      recovery_time_seconds 0.9    1h
      recovery_time_mean_seconds   2200
      rollouts_total rolled_back   1`, // (20 + 60 + 30 min) / 3
  },
  {
    name: 'a rollback reported after the return does not move the rollback, and counts as its own',
    history: `
      05-19 07:00  change_exposed      rollout=r1 change=c1
      05-19 08:00  change_exposed      rollout=r2 change=c2
      05-19 09:00  change_exposed      rollout=r3 change=c1
      05-19 09:30  change_rolled_back  rollout=r2`,
    shows: `
      rolled_back_changes escaped  1
      recovery_time_seconds 0.5    1h
      rollouts_total rolled_back   1`,
  },
  {
    name: 'a return that is rolled back itself shows in the counters only',
    history: `
      05-19 07:00  change_exposed      rollout=r1 change=c1
      05-19 08:00  change_exposed      rollout=r2 change=c2
      05-19 09:00  change_exposed      rollout=r3 change=c1
      05-19 09:30  change_rolled_back  rollout=r3`,
    shows: `
      exposed_changes              2
      rolled_back_changes escaped  1
      rollouts_total exposed       3
      rollouts_total rolled_back   1`,
  },
  {
    name: 'a return is left out of inferred attribution',
    history: `
      05-19 07:00  change_exposed     rollout=r1 change=c1
      05-19 08:00  change_exposed     rollout=r2 change=c2
      05-19 08:30  change_exposed     rollout=r3 change=c1
      05-19 08:45  incident_detected  incident=i1
      05-19 08:55  incident_resolved  incident=i1`,
    shows: `
      recovery_time_samples      1
      recovery_time_seconds 0.5  10m
      intervention_ratio         1/2`,
  },
  {
    name: 'no incident is attributed to a return, even one that names it',
    history: `
      05-19 07:00  change_exposed     rollout=r1 change=c1
      05-19 08:00  change_exposed     rollout=r2 change=c2
      05-19 08:30  change_exposed     rollout=r3 change=c1
      05-19 08:45  incident_detected  incident=i1 rollout=r3
      05-19 08:55  incident_resolved  incident=i1`,
    shows: `
      time_to_restore_samples    1
      recovery_time_samples      1
      recovery_time_seconds 0.5  30m
      intervention_ratio         1/2`,
  },
  {
    name: 'a return carries nothing: an incident that names its change belongs to the rollout it came back to',
    history: `
      05-19 07:00  change_exposed     rollout=r1 change=c1
      05-19 08:00  change_exposed     rollout=r2 change=c2
      05-19 08:30  change_exposed     rollout=r3 change=c1
      05-19 08:45  incident_detected  incident=i1 change=c1
      05-19 08:55  incident_resolved  incident=i1`,
    shows: `
      recovery_time_samples  2
      intervention_ratio     1`,
  },
  {
    name: 'a version comes back in its own environment and service only',
    history: `
      05-19 07:00  change_exposed  rollout=r1 change=c1
      05-19 08:00  change_exposed  rollout=r2 change=c2 environment=staging
      05-19 08:00  change_exposed  rollout=r2 change=c2 service=search
      05-19 09:00  change_exposed  rollout=r3 change=c1
      05-19 09:00  change_exposed  rollout=r3 change=c1 environment=staging
      05-19 09:00  change_exposed  rollout=r3 change=c1 service=search`,
    shows: `
      exposed_changes                      2
      exposed_changes environment=staging  2
      exposed_changes service=search       2
      rolled_back_changes escaped          0`,
  },
];
