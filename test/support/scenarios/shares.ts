import type { Scenario } from './scenario.ts';

/** Deployment frequency, rework, progressive delivery. */
export const shares: readonly Scenario[] = [
  {
    name: 'deployment frequency divides by the full length of the window, however young the store',
    history: `
      05-20 09:00  change_exposed  rollout=r1 change=c1
      05-20 10:00  change_exposed  rollout=r2 change=c2
      05-20 11:00  change_exposed  rollout=r3 change=c3`,
    shows: `
      deployments_per_day      3/7
      deployments_per_day 30d  3/30
      deployments_per_day 90d  3/90`,
  },
  {
    name: 'rework is marked on any exposure of the rollout',
    history: `
      05-19 09:00  change_exposed  rollout=r1 change=c1 weight=0 rework=true
      05-19 09:10  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_exposed  rollout=r2 change=c2
      05-19 11:00  change_exposed  rollout=r3 change=c3 rework=false`,
    shows: `
      rework_ratio  1/3`,
  },
  {
    name: 'a rollout is rework when it names a change that was merged as rework',
    history: `
      05-19 08:00  change_merged   change=c1 rework=true
      05-19 08:10  change_merged   change=c3 rework=true
      05-19 08:20  change_merged   change=c4 rework=true artifact=v4
      05-19 08:30  change_merged   change=owner/repo#5 rework=true artifact=c5
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_exposed  rollout=r2 change=c2 changes=c3
      05-19 11:00  change_exposed  rollout=r3 artifact=v4
      05-19 12:00  change_exposed  rollout=r4 change=c5
      05-19 13:00  change_exposed  rollout=r5 change=c6`,
    shows: `
      rework_ratio  4/5`,
  },
  {
    name: 'a rollout that carries rework without naming it is not rework',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 08:30  change_exposed  rollout=r1 change=c1
      05-19 09:00  change_merged   change=c2 rework=true
      05-19 10:00  change_merged   change=c3
      05-19 11:00  change_exposed  rollout=r2 change=c3`,
    shows: `
      lead_time_samples  3
      rework_ratio       0`,
  },
  {
    name: 'progressive is a weight between zero and all, or a strategy that moves traffic in parts',
    history: `
      05-19 09:00  change_exposed  rollout=r1 change=c1 weight=99.5
      05-19 09:01  change_exposed  rollout=r2 change=c2 strategy=canary
      05-19 09:02  change_exposed  rollout=r3 change=c3 strategy=blue_green
      05-19 09:03  change_exposed  rollout=r4 change=c4 strategy=ab_test
      05-19 09:04  change_exposed  rollout=r5 change=c5 strategy=flag
      05-19 09:05  change_exposed  rollout=r6 change=c6 strategy=rolling
      05-19 09:06  change_exposed  rollout=r7 change=c7 strategy=direct
      05-19 09:07  change_exposed  rollout=r8 change=c8
      05-19 09:08  change_exposed  rollout=r9 change=c9 weight=0
      05-19 09:09  change_exposed  rollout=r9 change=c9 weight=100`,
    shows: `
      exposed_changes    9
      progressive_ratio  5/9`,
  },
];
