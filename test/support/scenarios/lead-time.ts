import type { Scenario } from './scenario.ts';

/** Lead time and its stages. */
export const leadTime: readonly Scenario[] = [
  {
    name: 'lead time runs from the merge to the first exposure and counts at the exposure',
    history: `
      04-01 09:00  change_merged   change=c1
      05-13 11:00  change_exposed  rollout=r1 change=c1 environment=staging
      05-13 13:00  change_exposed  rollout=r1 change=c1`,
    shows: `
      lead_time_samples                      1
      lead_time_seconds 0.5                  42d4h
      lead_time_mean_seconds                 42d4h
      lead_time_samples environment=staging  0
      lead_time_seconds 0.5 30d environment=staging  42d2h`,
  },
  {
    name: 'quantiles are nearest ranks: of ten observations the fifth and the ninth',
    history: Array.from({ length: 10 }, (_none, index) => {
      const day = String(10 - index).padStart(2, '0');
      return `
        05-14 ${day}:00  change_merged   change=c${index}
        05-14 11:00      change_exposed  rollout=r${index} change=c${index}`;
    }).join(''),
    shows: `
      lead_time_samples       10
      lead_time_seconds 0.5   5h
      lead_time_seconds 0.9   9h
      lead_time_mean_seconds  5h30m`,
  },
  {
    name: 'of two observations the median is the smaller one',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1
      05-19 09:00  change_merged   change=c2
      05-19 12:00  change_exposed  rollout=r2 change=c2`,
    shows: `
      lead_time_seconds 0.5   1h
      lead_time_seconds 0.9   3h
      lead_time_mean_seconds  2h`,
  },
  {
    name: 'the earliest creation and the earliest merge count',
    history: `
      05-19 06:00  change_created  change=c1
      05-19 07:00  change_created  change=c1
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_merged   change=c1
      05-19 10:00  change_exposed  rollout=r1 change=c1`,
    shows: `
      lead_time_samples                    1
      lead_time_seconds 0.5                2h
      stage_seconds created_to_merged 0.5  2h`,
  },
  {
    name: 'a change that was first exposed before the window has no observation in it',
    history: `
      05-12 08:00  change_merged       change=c1
      05-12 09:00  change_exposed      rollout=r1 change=c1 weight=5
      05-12 09:30  change_rolled_back  rollout=r1
      05-19 09:00  change_exposed      rollout=r2 change=c1`,
    shows: `
      exposed_changes            1
      lead_time_samples          0
      lead_time_seconds 0.5      -
      lead_time_samples 30d      1
      lead_time_seconds 0.5 30d  1h`,
  },
  {
    name: 'a change exposed before its merge has no lead time, and a later exposure does not replace it',
    history: `
      05-19 08:00         change_exposed      rollout=r1 change=c1 weight=5
      05-19 08:30         change_rolled_back  rollout=r1
      05-19 09:00         change_merged       change=c1
      05-19 10:00         change_exposed      rollout=r2 change=c1
      05-19 11:00         change_exposed      rollout=r3 change=c2
      05-19 11:00:00.001  change_merged       change=c2`,
    shows: `
      exposed_changes        3
      lead_time_samples      0
      lead_time_seconds 0.5  -
      stage_seconds exposed_to_full 0.5  -`,
  },
  {
    name: 'a change exposed at the time of its merge has a lead time of zero',
    history: `
      05-19 09:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1`,
    shows: `
      lead_time_samples       1
      lead_time_seconds 0.5   0
      lead_time_mean_seconds  0`,
  },
  {
    name: 'a change without a known merge has neither lead time nor stages',
    history: `
      05-19 08:00  change_created  change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1 weight=5
      05-19 10:00  change_exposed  rollout=r1 change=c1 weight=100`,
    shows: `
      exposed_changes                      1
      lead_time_samples                    0
      lead_time_mean_seconds               -
      stage_seconds created_to_merged 0.5  -
      stage_seconds merged_to_exposed 0.5  -
      stage_seconds exposed_to_full 0.5    -`,
  },
  {
    name: 'the stages follow a change from creation to full traffic',
    history: `
      05-18 20:00  change_created  change=c1
      05-19 08:00  change_merged   change=c1
      05-19 09:30  change_exposed  rollout=r1 change=c1 weight=5
      05-19 12:30  change_exposed  rollout=r1 change=c1 weight=100`,
    shows: `
      stage_seconds created_to_merged 0.5  12h
      stage_seconds created_to_merged 0.9  12h
      stage_seconds merged_to_exposed 0.5  1h30m
      stage_seconds merged_to_exposed 0.9  1h30m
      stage_seconds exposed_to_full 0.5    3h
      stage_seconds exposed_to_full 0.9    3h`,
  },
  {
    name: 'a stage may take no time, and full traffic is reached once',
    history: `
      05-19 08:00  change_created  change=c1
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1 weight=5
      05-19 10:00  change_exposed  rollout=r1 change=c1 weight=100
      05-19 11:00  change_exposed  rollout=r1 change=c1 weight=50
      05-19 12:00  change_exposed  rollout=r1 change=c1 weight=100`,
    shows: `
      stage_seconds created_to_merged 0.5  0
      stage_seconds exposed_to_full 0.5    1h`,
  },
  {
    name: 'a stage whose ends are not in order is left out, the others stay',
    history: `
      05-19 08:30  change_created  change=c1
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_exposed  rollout=r1 change=c1`,
    shows: `
      stage_seconds created_to_merged 0.5  -
      stage_seconds merged_to_exposed 0.5  1h
      stage_seconds exposed_to_full 0.5    0`,
  },
  {
    name: 'the way to full traffic is that of the rollout that exposed the change first',
    history: `
      05-19 08:00  change_merged       change=c1
      05-19 09:00  change_exposed      rollout=r1 change=c1 weight=5
      05-19 09:30  change_rolled_back  rollout=r1
      05-19 10:00  change_exposed      rollout=r2 change=c1 weight=5
      05-19 12:00  change_exposed      rollout=r2 change=c1 weight=100`,
    shows: `
      stage_seconds merged_to_exposed 0.5  1h
      stage_seconds exposed_to_full 0.5    -`,
  },
  {
    name: 'a stage belongs to the window of its lead time, even where full traffic lies ahead',
    history: `
      05-20 11:00  change_merged   change=c1
      05-20 11:50  change_exposed  rollout=r1 change=c1 weight=5
      05-20 12:02  change_exposed  rollout=r1 change=c1 weight=100`,
    shows: `
      stage_seconds exposed_to_full 0.5  12m`,
  },
];
