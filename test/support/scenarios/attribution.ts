import type { Scenario } from './scenario.ts';

/** Which rollout an incident belongs to, as seen in interventions and recoveries. */
export const attribution: readonly Scenario[] = [
  {
    name: 'an incident that names a rollout belongs to it, however long ago that was',
    history: `
      05-14 09:00  change_exposed     rollout=r1 change=c1
      05-19 09:50  change_exposed     rollout=r2 change=c2
      05-19 10:00  incident_detected  incident=i1 rollout=r1
      05-19 11:00  incident_resolved  incident=i1
      05-19 12:10  change_rolled_back rollout=r2`,
    shows: `
      intervention_ratio          1
      recovery_time_samples       2
      recovery_time_seconds 0.5   1h
      recovery_time_seconds 0.9   2h20m`, // r1 by its outage, r2 by its rollback: it is blamed for nothing
  },
  {
    name: 'an incident may name its rollout when it is resolved',
    history: `
      05-19 06:00  change_exposed     rollout=r1 change=c1
      05-19 10:00  incident_detected  incident=i1
      05-19 11:00  incident_resolved  incident=i1 rollout=r1`,
    shows: `
      intervention_ratio     1
      recovery_time_samples  1`,
  },
  {
    name: 'an incident that a rollback names belongs to the rolled-back rollout',
    history: `
      05-19 06:00  change_exposed      rollout=r1 change=c1
      05-19 09:50  change_exposed      rollout=r2 change=c2
      05-19 10:00  incident_detected   incident=i1
      05-19 10:20  change_rolled_back  rollout=r1 incident=i1
      05-19 11:00  incident_resolved   incident=i1`,
    shows: `
      intervention_ratio         1/2
      recovery_time_samples      1
      recovery_time_seconds 0.5  1h`,
  },
  {
    name: 'an incident that names an unknown rollout belongs to none',
    history: `
      05-19 09:50  change_exposed     rollout=r1 change=c1
      05-19 09:55  change_exposed     rollout=r2 change=c2 environment=staging
      05-19 10:00  incident_detected  incident=i1 rollout=r2
      05-19 11:00  incident_resolved  incident=i1`,
    shows: `
      intervention_ratio                     0
      intervention_ratio environment=staging 0
      time_to_restore_samples                1
      recovery_time_samples                  0`,
  },
  {
    name: 'an incident that names a change belongs to the last rollout that carried it by then',
    history: `
      05-19 06:00  change_exposed      rollout=r1 change=c1
      05-19 06:10  change_rolled_back  rollout=r1
      05-19 09:00  change_exposed      rollout=r2 change=c1
      05-19 09:40  change_exposed      rollout=r3 change=c3
      05-19 10:00  incident_detected   incident=i1 change=c1
      05-19 11:00  incident_resolved   incident=i1
      05-19 11:00  change_exposed      rollout=r4 change=c1 changes=c4`,
    shows: `
      intervention_ratio          2/4
      recovery_time_samples       2
      recovery_time_seconds 0.5   10m
      recovery_time_seconds 0.9   1h`, // r1 by its own rollback, r2 by the outage
  },
  {
    name: 'an exposure at the very time of the detection is not too late',
    history: `
      05-19 09:00  change_exposed     rollout=r1 change=c1
      05-19 09:00  incident_detected  incident=i1 change=c1
      05-19 09:30  incident_resolved  incident=i1
      05-19 10:00  change_exposed     rollout=r2 change=c2
      05-19 10:00  incident_detected  incident=i2
      05-19 10:30  incident_resolved  incident=i2`,
    shows: `
      intervention_ratio     1
      recovery_time_samples  2`,
  },
  {
    name: 'an incident that names a change not exposed by then belongs to none',
    history: `
      05-19 09:50  change_exposed     rollout=r1 change=c1
      05-19 10:00  incident_detected  incident=i1 change=c2
      05-19 10:30  incident_resolved  incident=i1
      05-19 10:10  change_exposed     rollout=r2 change=c2`,
    shows: `
      intervention_ratio     0
      recovery_time_samples  0`,
  },
  {
    name: 'an incident that names a change belongs to the rollout that carried it without naming it',
    history: `
      05-19 06:00  change_merged      change=c1
      05-19 06:10  change_exposed     rollout=r1 change=c1
      05-19 06:20  change_merged      change=c2
      05-19 06:30  change_merged      change=c3
      05-19 06:40  change_exposed     rollout=r2 change=c3
      05-19 10:00  incident_detected  incident=i1 change=c2
      05-19 10:30  incident_resolved  incident=i1`,
    shows: `
      intervention_ratio     1/2
      recovery_time_samples  1`,
  },
  {
    name: 'an incident that names nothing belongs to the newest exposure of the last hour',
    history: `
      05-19 09:00         change_exposed     rollout=r1 change=c1
      05-19 10:00         incident_detected  incident=i1
      05-19 10:30         incident_resolved  incident=i1
      05-19 12:00         change_exposed     rollout=r2 change=c2
      05-19 13:00:00.001  incident_detected  incident=i2
      05-19 13:30         incident_resolved  incident=i2`,
    shows: `
      intervention_ratio         1/2
      recovery_time_samples      1
      recovery_time_seconds 0.5  30m
      time_to_restore_samples    2`,
  },
  {
    name: 'a progress step is a new exposure for attribution, a step to zero is none',
    history: `
      05-19 09:00  change_exposed     rollout=r1 change=c1 weight=5
      05-19 10:00  change_exposed     rollout=r2 change=c2 weight=5
      05-19 10:30  change_exposed     rollout=r1 change=c1 weight=50
      05-19 10:40  change_exposed     rollout=r2 change=c2 weight=0
      05-19 11:20  incident_detected  incident=i1
      05-19 11:50  incident_resolved  incident=i1
      05-19 12:00  change_rolled_back rollout=r1`,
    shows: `
      intervention_ratio         1/2
      recovery_time_samples      1
      recovery_time_seconds 0.5  30m`, // r1 and no other: its rollback would be a second sample
  },
  {
    name: 'steps after the detection attract no incident',
    history: `
      05-19 09:00  change_exposed     rollout=r1 change=c1
      05-19 08:00  change_exposed     rollout=r2 change=c2 weight=5
      05-19 09:30  incident_detected  incident=i1
      05-19 09:40  change_exposed     rollout=r2 change=c2 weight=50
      05-19 09:50  incident_resolved  incident=i1
      05-19 10:00  change_rolled_back rollout=r2`,
    shows: `
      intervention_ratio         1
      recovery_time_samples      2
      recovery_time_seconds 0.5  20m
      recovery_time_seconds 0.9  2h`, // the outage is r1’s, r2 recovered by its rollback
  },
  {
    name: 'a rolled-back rollout can be attributed an incident by inference too',
    history: `
      05-19 09:00  change_exposed      rollout=r1 change=c1
      05-19 09:30  change_exposed      rollout=r2 change=c2
      05-19 09:35  change_rolled_back  rollout=r2
      05-19 09:50  incident_detected   incident=i1
      05-19 10:30  incident_resolved   incident=i1`,
    shows: `
      intervention_ratio         1/2
      recovery_time_samples      1
      recovery_time_seconds 0.5  40m`,
  },
  {
    name: 'inference looks from the earliest detection, within one service and environment',
    history: `
      05-19 09:30  change_exposed     rollout=r1 change=c1 service=search
      05-19 09:30  change_exposed     rollout=r1 change=c1 environment=staging
      05-19 09:50  incident_detected  incident=i1
      05-19 10:00  change_exposed     rollout=r1 change=c1
      05-19 10:10  incident_detected  incident=i1
      05-19 10:30  incident_resolved  incident=i1`,
    shows: `
      intervention_ratio                      0
      intervention_ratio service=search       0
      intervention_ratio environment=staging  0
      recovery_time_samples                   0`,
  },
  {
    name: 'an incident can belong to several rollouts',
    history: `
      05-19 06:00  change_exposed      rollout=r1 change=c1
      05-19 06:30  change_exposed      rollout=r2 change=c2
      05-19 07:00  change_exposed      rollout=r3 change=c3
      05-19 10:00  incident_detected   incident=i1 rollout=r1
      05-19 10:20  incident_resolved   incident=i1 rollout=r2
      05-19 11:00  incident_detected   incident=i2 change=c1
      05-19 11:20  incident_resolved   incident=i2 change=c3`,
    shows: `
      intervention_ratio         1
      recovery_time_samples      2
      recovery_time_seconds 0.9  20m`,
  },
];
