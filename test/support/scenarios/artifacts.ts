import type { Scenario } from './scenario.ts';

/** Names that stand for changes: artifacts, and changes that are the artifact of others. */
export const artifacts: readonly Scenario[] = [
  {
    name: 'an exposed artifact stands for the change that became it',
    history: `
      05-19 08:00  change_merged   change=c1 artifact=shop:1.4
      05-19 10:00  change_exposed  artifact=shop:1.4`,
    shows: `
      exposed_changes        1
      lead_time_samples      1
      lead_time_seconds 0.5  2h`,
  },
  {
    name: 'an artifact stands for every change that lists it, among several or alone, in any merge event',
    history: `
      05-19 06:00  change_merged   change=c1 artifact=shop:1.3,shop:1.4
      05-19 07:00  change_merged   change=c2 artifact=shop:1.4
      05-19 08:00  change_merged   change=c3
      05-19 09:00  change_merged   change=c3 artifact=shop:1.4
      05-19 10:00  change_exposed  rollout=r1 artifact=shop:1.4`,
    shows: `
      exposed_changes        1
      lead_time_samples      3
      lead_time_seconds 0.5  3h
      lead_time_seconds 0.9  4h`,
  },
  {
    name: 'an artifact is compared as an exact string within its service',
    history: `
      05-19 06:00  change_merged   change=c1 artifact=shop:1.4
      05-19 07:00  change_merged   change=c2 artifact=Shop:1.5
      05-19 08:00  change_merged   change=c3 artifact=shop:1.5 service=search
      05-19 10:00  change_exposed  rollout=r1 artifact=shop:1.5`,
    shows: `
      exposed_changes    1
      lead_time_samples  0`,
  },
  {
    name: 'a pull request is exposed by the commit that it lists',
    history: `
      05-19 06:00  change_created  change=owner/repo#42
      05-19 08:00  change_merged   change=owner/repo#42 artifact=3f2a91c
      05-19 10:00  change_exposed  rollout=r1 change=3f2a91c`,
    shows: `
      lead_time_samples                    1
      lead_time_seconds 0.5                2h
      stage_seconds created_to_merged 0.5  2h`,
  },
  {
    name: 'a name stands for itself and for the changes that list it, in changes too',
    history: `
      05-19 07:00  change_merged   change=3f2a91c
      05-19 08:00  change_merged   change=owner/repo#42 artifact=3f2a91c
      05-19 09:00  change_merged   change=owner/repo#43 artifact=77aa001
      05-19 10:00  change_exposed  rollout=r1 change=c9 changes=3f2a91c,77aa001`,
    shows: `
      lead_time_samples      3
      lead_time_seconds 0.5  2h
      lead_time_seconds 0.9  3h`,
  },
  {
    name: 'an artifact makes a head, so that what was merged before it is carried',
    history: `
      05-19 06:00  change_merged   change=c1 artifact=v1
      05-19 07:00  change_exposed  artifact=v1
      05-19 08:00  change_merged   change=c2
      05-19 09:00  change_merged   change=c3 artifact=v3
      05-19 10:00  change_exposed  artifact=v3`,
    shows: `
      lead_time_samples      3
      lead_time_seconds 0.9  2h`,
  },
  {
    name: 'an exposure may name a change and an artifact, both count',
    history: `
      05-19 08:00  change_merged   change=c1
      05-19 09:00  change_merged   change=c2 artifact=v2
      05-19 10:00  change_exposed  rollout=r1 change=c1 artifact=v2`,
    shows: `
      lead_time_samples      2
      lead_time_seconds 0.5  1h
      lead_time_seconds 0.9  2h`,
  },
  {
    name: 'an incident names a pull request by its commit, and a commit by its artifact’s exposure',
    history: `
      05-19 06:00  change_merged      change=owner/repo#42 artifact=3f2a91c
      05-19 06:30  change_merged      change=c7 artifact=v7
      05-19 07:00  change_exposed     rollout=r1 change=owner/repo#42
      05-19 07:30  change_exposed     rollout=r2 artifact=v7
      05-19 08:00  change_exposed     rollout=r3 change=c8
      05-19 10:00  incident_detected  incident=i1 change=3f2a91c
      05-19 10:30  incident_resolved  incident=i1
      05-19 11:00  incident_detected  incident=i2 change=c7
      05-19 11:30  incident_resolved  incident=i2`,
    shows: `
      recovery_time_samples  2
      intervention_ratio     2/3`,
  },
];
