import type { Scenario } from './scenario.ts';

/** Rolled back, contained or escaped, and what it cost. */
export const rollbacks: readonly Scenario[] = [
  {
    name: 'a rollback of a rollout whose exposure is not known is not counted',
    history: `
      05-19 09:00  change_exposed      rollout=r1 change=c1
      05-19 10:00  change_rolled_back  rollout=r2 change=c2
      05-19 10:00  change_rolled_back  rollout=r3 change=c3
      05-19 09:30  change_exposed      rollout=r3 change=c3 weight=0`,
    shows: `
      exposed_changes                1
      rolled_back_changes contained  0
      rolled_back_changes escaped    0
      change_failure_ratio           0
      intervention_ratio             0
      recovery_time_samples          0
      rollouts_total rolled_back     0`,
  },
  {
    name: 'a rollback timed before its exposure is contained, without failed exposure or recovery',
    history: `
      05-19 10:00  change_rolled_back  rollout=r1
      05-19 10:05  change_exposed      rollout=r1 change=c1 weight=50
      05-19 10:10  change_exposed      rollout=r1 change=c1 weight=100`,
    shows: `
      exposed_changes                1
      rolled_back_changes contained  1
      rolled_back_changes escaped    0
      change_failure_ratio           1
      intervention_ratio             1
      failed_exposure_seconds        0
      recovery_time_samples          0
      recovery_time_mean_seconds     -
      rollouts_total rolled_back     1`,
  },
  {
    name: 'a rollback is contained before full traffic, and escaped after it',
    history: `
      05-19 09:00  change_exposed      rollout=r1 change=c1 weight=25
      05-19 09:10  change_rolled_back  rollout=r1
      05-19 09:20  change_exposed      rollout=r1 change=c1 weight=100
      05-19 10:00  change_exposed      rollout=r2 change=c2 weight=25
      05-19 10:10  change_exposed      rollout=r2 change=c2 weight=100
      05-19 10:20  change_exposed      rollout=r2 change=c2 weight=50
      05-19 10:30  change_rolled_back  rollout=r2`,
    shows: `
      rolled_back_changes contained  1
      rolled_back_changes escaped    1
      change_failure_ratio           1`,
  },
  {
    name: 'a rollback at the time of full traffic is contained, one millisecond later escaped',
    history: `
      05-19 09:00         change_exposed      rollout=r1 change=c1 weight=25
      05-19 09:10         change_exposed      rollout=r1 change=c1 weight=100
      05-19 09:10         change_rolled_back  rollout=r1
      05-19 10:00         change_exposed      rollout=r2 change=c2 weight=25
      05-19 10:10         change_exposed      rollout=r2 change=c2 weight=100
      05-19 10:10:00.001  change_rolled_back  rollout=r2`,
    shows: `
      rolled_back_changes contained  1
      rolled_back_changes escaped    1`,
  },
  {
    name: 'a rollback at the very time of a full exposure is contained, and recovered in no time',
    history: `
      05-19 09:00  change_exposed      rollout=r1 change=c1
      05-19 09:00  change_rolled_back  rollout=r1`,
    shows: `
      rolled_back_changes contained  1
      recovery_time_samples          1
      recovery_time_seconds 0.5      0
      failed_exposure_seconds        0`,
  },
  {
    name: 'the change failure ratio exceeds one when last week’s rollouts are rolled back this week',
    history: `
      05-12 09:00  change_exposed      rollout=r1 change=c1
      05-14 09:00  change_exposed      rollout=r2 change=c2
      05-14 10:00  change_rolled_back  rollout=r1
      05-14 11:00  change_rolled_back  rollout=r2`,
    shows: `
      exposed_changes              1
      rolled_back_changes escaped  2
      change_failure_ratio         2
      change_failure_ratio 30d     1
      intervention_ratio           1`,
  },
  {
    name: 'a rollout counts as intervened whenever its rollback was',
    history: `
      05-20 11:50  change_exposed      rollout=r1 change=c1
      05-20 11:55  change_exposed      rollout=r2 change=c2
      05-20 12:03  change_rolled_back  rollout=r1`,
    shows: `
      intervention_ratio           1/2
      change_failure_ratio         0
      rolled_back_changes escaped  0`,
  },
  {
    name: 'a rollout that was rolled back and had an incident is intervened once',
    history: `
      05-19 08:00  change_exposed      rollout=r0 change=c0
      05-19 10:00  change_exposed      rollout=r1 change=c1
      05-19 10:10  incident_detected   incident=i1 rollout=r1
      05-19 10:20  change_rolled_back  rollout=r1
      05-19 10:30  incident_resolved   incident=i1`,
    shows: `
      intervention_ratio  1/2`,
  },
  {
    name: 'a rollout with an incident that is still open is intervened',
    history: `
      05-19 08:00  change_exposed     rollout=r0 change=c0
      05-19 10:00  change_exposed     rollout=r1 change=c1
      05-20 11:00  incident_detected  incident=i1 rollout=r1`,
    shows: `
      intervention_ratio    1/2
      change_failure_ratio  0`,
  },
  {
    name: 'failed exposure weighs time by the traffic',
    history: `
      05-19 10:00  change_exposed      rollout=r1 change=c1 weight=5
      05-19 10:10  change_exposed      rollout=r1 change=c1 weight=25
      05-19 10:20  change_exposed      rollout=r1 change=c1
      05-19 10:30  change_rolled_back  rollout=r1`,
    shows: `
      failed_exposure_seconds  780`, // 600 s × (0.05 + 0.25 + 1)
  },
  {
    name: 'failed exposure pauses at weight zero and knows no step after the rollback',
    history: `
      05-19 09:50  change_exposed      rollout=r1 change=c1 weight=0
      05-19 10:00  change_exposed      rollout=r1 change=c1 weight=5
      05-19 10:10  change_exposed      rollout=r1 change=c1 weight=0
      05-19 10:20  change_exposed      rollout=r1 change=c1 weight=50
      05-19 10:30  change_rolled_back  rollout=r1
      05-19 10:40  change_exposed      rollout=r1 change=c1 weight=100`,
    shows: `
      failed_exposure_seconds  330`, // 600 s × (0.05 + 0 + 0.5)
  },
  {
    name: 'of several weights at one time the largest holds',
    history: `
      05-19 10:00  change_exposed      rollout=r1 change=c1 weight=10
      05-19 10:00  change_exposed      rollout=r1 change=c1 weight=40
      05-19 10:00  change_exposed      rollout=r1 change=c1 weight=0
      05-19 10:10  change_rolled_back  rollout=r1`,
    shows: `
      failed_exposure_seconds  240`, // 600 s × 0.4
  },
  {
    name: 'failed exposure sums the rollouts that were rolled back in the window, whenever they were exposed',
    history: `
      05-13 11:00  change_exposed      rollout=r1 change=c1 weight=33.3
      05-13 13:00  change_rolled_back  rollout=r1
      05-19 10:00  change_exposed      rollout=r2 change=c2 weight=10
      05-19 10:10  change_rolled_back  rollout=r2
      05-12 10:00  change_exposed      rollout=r3 change=c3
      05-12 10:01  change_rolled_back  rollout=r3`,
    shows: `
      failed_exposure_seconds      2457.6
      failed_exposure_seconds 30d  2517.6`, // 7200 × 0.333 + 600 × 0.1, and 60 more
  },
  {
    name: 'a rolled-back rollout without an incident recovers from its exposure to its rollback',
    history: `
      05-13 11:00  change_exposed      rollout=r1 change=c1
      05-13 13:00  change_rolled_back  rollout=r1
      05-19 10:00  change_exposed      rollout=r2 change=c2 weight=5
      05-19 10:20  change_rolled_back  rollout=r2`,
    shows: `
      recovery_time_samples       2
      recovery_time_seconds 0.5   20m
      recovery_time_seconds 0.9   2h
      recovery_time_mean_seconds  1h10m
      time_to_restore_samples     0`,
  },
  {
    name: 'a rolled-back rollout with an incident recovers with its outage, once',
    history: `
      05-19 10:00  change_exposed      rollout=r1 change=c1
      05-19 10:10  incident_detected   incident=i1 rollout=r1
      05-19 10:20  change_rolled_back  rollout=r1
      05-19 10:30  incident_resolved   incident=i1`,
    shows: `
      recovery_time_samples      1
      recovery_time_seconds 0.5  20m`,
  },
  {
    name: 'a rolled-back rollout with an open incident has not recovered yet',
    history: `
      05-19 10:00  change_exposed      rollout=r1 change=c1
      05-19 10:10  incident_detected   incident=i1 rollout=r1
      05-19 10:20  change_rolled_back  rollout=r1`,
    shows: `
      rolled_back_changes escaped  1
      recovery_time_samples        0
      open_incidents               1`,
  },
  {
    name: 'an outage attributed to two rollouts recovers once, one attributed to none does not count as recovery',
    history: `
      05-19 06:00  incident_detected   incident=i0
      05-19 07:00  incident_resolved   incident=i0
      05-19 10:00  change_exposed      rollout=r1 change=c1
      05-19 10:05  change_exposed      rollout=r2 change=c2
      05-19 10:10  incident_detected   incident=i1 rollout=r1
      05-19 10:20  change_rolled_back  rollout=r2 incident=i1
      05-19 10:40  incident_resolved   incident=i1`,
    shows: `
      time_to_restore_samples    2
      recovery_time_samples      1
      recovery_time_seconds 0.9  30m
      intervention_ratio         1`,
  },
];
