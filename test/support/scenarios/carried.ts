import type { Scenario } from './scenario.ts';

/** Which changes a rollout exposed without naming them. */
export const carried: readonly Scenario[] = [
  {
    name: 'a rollout carries every change merged since the head before it, up to its own head',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_merged   change=c2
      05-19 11:00  change_merged   change=c3
      05-19 11:30  change_merged   change=c4
      05-19 12:00  change_exposed  rollout=r2 change=c3`,
    shows: `
      lead_time_samples       3
      lead_time_seconds 0.5   1h
      lead_time_seconds 0.9   2h
      lead_time_mean_seconds  4800`, // (1 h + 2 h + 1 h) / 3
  },
  {
    name: 'the first rollout carries only what it names',
    history: `
      2026-02-01 08:00  change_merged   change=c0
      05-19 08:00       change_merged   change=c1
      05-19 09:00       change_merged   change=c2
      05-19 10:00       change_exposed  rollout=r1 change=c2`,
    shows: `
      lead_time_samples      1
      lead_time_seconds 0.5  1h`,
  },
  {
    name: 'after rollouts without a head a rollout carries only what it names',
    history: `
      05-19 08:00  change_exposed  rollout=r0 change=c0
      05-19 08:10  change_merged   change=c1
      05-19 09:00  change_merged   change=c2
      05-19 10:00  change_exposed  rollout=r1 change=c2
      05-19 10:10  change_merged   change=c3
      05-19 10:20  change_merged   change=c4
      05-19 10:30  change_exposed  rollout=r2 change=c4`,
    shows: `
      lead_time_samples      3
      lead_time_seconds 0.5  20m
      lead_time_seconds 0.9  1h`, // c4 10 min, c3 20 min, c2 1 h; c1 is carried by none
  },
  {
    name: 'what was merged at the head before is not carried, what was merged at its own head is',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 08:00  change_merged   change=twin-of-c1
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_merged   change=c2
      05-19 10:00  change_merged   change=twin-of-c2
      05-19 12:00  change_exposed  rollout=r2 change=c2`,
    shows: `
      lead_time_samples       3
      lead_time_mean_seconds  6000`, // (1 h + 2 h + 2 h) / 3
  },
  {
    name: 'the latest head before counts, not that of the last rollout',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 08:30  change_merged   change=never
      05-19 09:00  change_merged   change=c2
      05-19 10:00  change_exposed  rollout=r1 change=c2
      05-19 11:00  change_exposed  rollout=r2 change=c1
      05-19 12:00  change_merged   change=c3
      05-19 13:00  change_exposed  rollout=r3 change=c3`,
    shows: `
      exposed_changes        3
      lead_time_samples      3
      lead_time_seconds 0.5  1h
      lead_time_seconds 0.9  3h`, // c2 1 h, c1 3 h, c3 1 h
  },
  {
    name: 'the head is the latest merge among the names that is not after the exposure',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_merged   change=c2
      05-19 11:00  change_merged   change=c3
      05-19 11:30  change_merged   change=c4
      05-19 12:00  change_exposed  rollout=r2 changes=c3,c5
      05-19 13:00  change_merged   change=c5`,
    shows: `
      lead_time_samples      3
      lead_time_seconds 0.5  1h
      lead_time_seconds 0.9  2h`, // c1 1 h, c2 2 h, c3 1 h; c4 lies above the head, c5 was exposed too early
  },
  {
    name: 'a merge at the time of the exposure can be the head',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_merged   change=c2
      05-19 12:00  change_merged   change=c3
      05-19 12:00  change_exposed  rollout=r2 change=c3`,
    shows: `
      lead_time_samples      3
      lead_time_seconds 0.5  1h
      lead_time_seconds 0.9  2h`,
  },
  {
    name: 'a rolled-back rollout has exposed what it carried, and is a head',
    history: `
      05-19 08:00  change_merged       change=c1
      05-19 09:00  change_exposed      rollout=r1 change=c1
      05-19 10:00  change_merged       change=c2
      05-19 11:00  change_merged       change=c3
      05-19 12:00  change_exposed      rollout=r2 change=c3 weight=5
      05-19 12:10  change_rolled_back  rollout=r2
      05-19 13:00  change_merged       change=c4
      05-19 14:00  change_exposed      rollout=r3 change=c4`,
    shows: `
      lead_time_samples       4
      lead_time_mean_seconds  1h15m
      lead_time_seconds 0.9   2h`,
  },
  {
    name: 'the first exposure of a change is the earliest rollout that carries it, named or not',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_merged   change=c2
      05-19 11:00  change_merged   change=c3
      05-19 12:00  change_exposed  rollout=r2 change=c3
      05-19 18:00  change_exposed  rollout=r3 change=c2`,
    shows: `
      exposed_changes        3
      lead_time_samples      3
      lead_time_seconds 0.9  2h`,
  },
  {
    name: 'a flag rollout carries only what it names and is no head for others',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_merged   change=c2
      05-19 11:00  change_merged   change=c3
      05-19 12:00  change_exposed  rollout=f1 change=c3 strategy=flag weight=10
      05-19 13:00  change_merged   change=c4
      05-19 14:00  change_exposed  rollout=r2 change=c4`,
    shows: `
      lead_time_samples       4
      lead_time_seconds 0.5   1h
      lead_time_seconds 0.9   4h
      lead_time_mean_seconds  1h45m`, // c1 1 h, c3 1 h by the flag, c2 4 h and c4 1 h by r2
  },
  {
    name: 'a rollout is of strategy flag when one of its exposures is',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_merged   change=c2
      05-19 11:00  change_merged   change=c3
      05-19 12:00  change_exposed  rollout=f1 change=c3 weight=10 strategy=flag
      05-19 13:00  change_exposed  rollout=f1 change=c3`,
    shows: `
      lead_time_samples  2`,
  },
  {
    name: 'a flag rollout is no first head either',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=f1 change=c1 strategy=flag
      05-19 10:00  change_merged   change=c2
      05-19 11:00  change_merged   change=c3
      05-19 12:00  change_exposed  rollout=r1 change=c3`,
    shows: `
      lead_time_samples      2
      lead_time_seconds 0.9  1h`,
  },
  {
    name: 'heads are separate by environment and carried changes by service',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 08:10  change_exposed  rollout=r1 change=c1 environment=staging
      05-19 09:00  change_merged   change=c2
      05-19 09:00  change_merged   change=x2 service=search
      05-19 10:00  change_merged   change=c3
      05-19 11:00  change_exposed  rollout=r2 change=c3
      05-19 11:30  change_exposed  rollout=r2 change=c3 environment=staging`,
    shows: `
      lead_time_samples                          1
      lead_time_samples environment=staging      3
      lead_time_seconds 0.9 environment=staging  2h30m
      fleet_lead_time_samples                    1`,
  },
  {
    name: 'rollouts exposed at one time stand in the order of their ids',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_merged   change=c2
      05-19 10:00  change_merged   change=c3
      05-19 11:00  change_exposed  rollout=a change=c1
      05-19 11:00  change_exposed  rollout=b change=c3
      05-19 08:00  change_merged   change=c1 service=search
      05-19 09:00  change_merged   change=c2 service=search
      05-19 10:00  change_merged   change=c3 service=search
      05-19 11:00  change_exposed  rollout=b change=c1 service=search
      05-19 11:00  change_exposed  rollout=a change=c3 service=search`,
    shows: `
      lead_time_samples                 3
      lead_time_samples service=search  2`,
  },
  {
    name: 'the order of the ids is that of their UTF-8 bytes',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_merged   change=c2
      05-19 10:00  change_merged   change=c3
      05-19 11:00  change_exposed  rollout=\uff21 change=c1
      05-19 11:00  change_exposed  rollout=\u{1f680} change=c3`,
    shows: `
      lead_time_samples  3`,
  },
  {
    name: 'a drill carries nothing and is no head',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 10:00  change_merged   change=c2
      05-19 11:00  change_merged   change=c3
      05-19 11:10  change_exposed  rollout=d1 change=c3 drill=true
      05-19 12:00  change_exposed  rollout=r2 change=c3`,
    shows: `
      lead_time_samples       3
      lead_time_seconds 0.9   2h
      lead_time_mean_seconds  4800`,
  },
];
