import type { Scenario } from './scenario.ts';

/** Incidents, outages and the time to restore. */
export const incidents: readonly Scenario[] = [
  {
    name: 'time to restore runs from the first alert to healthy and counts at its end',
    history: `
      05-13 11:00  incident_detected  incident=i1
      05-13 13:00  incident_resolved  incident=i1
      05-12 09:00  incident_detected  incident=i2
      05-12 10:00  incident_resolved  incident=i2`,
    shows: `
      time_to_restore_samples          1
      time_to_restore_seconds 0.5      2h
      time_to_restore_seconds 0.9      2h
      time_to_restore_mean_seconds     2h
      time_to_restore_samples 30d      2
      time_to_restore_seconds 0.5 30d  1h
      time_to_restore_mean_seconds 30d  1h30m
      open_incidents                   0`,
  },
  {
    name: 'an incident lasts from its earliest detection to its latest resolution, from any sender',
    history: `
      05-19 09:10  incident_detected  incident=i1 source=alertmanager
      05-19 09:00  incident_detected  incident=i1 source=pager
      05-19 10:00  incident_resolved  incident=i1 source=alertmanager
      05-19 10:30  incident_resolved  incident=i1 source=pager`,
    shows: `
      time_to_restore_samples      1
      time_to_restore_seconds 0.5  1h30m`,
  },
  {
    name: 'incidents that overlap are one outage',
    history: `
      05-19 09:00  incident_detected  incident=i1
      05-19 10:00  incident_resolved  incident=i1
      05-19 09:30  incident_detected  incident=i2
      05-19 11:00  incident_resolved  incident=i2`,
    shows: `
      time_to_restore_samples      1
      time_to_restore_seconds 0.5  2h`,
  },
  {
    name: 'a short incident inside a long one does not end the outage',
    history: `
      05-19 09:00  incident_detected  incident=i1
      05-19 12:00  incident_resolved  incident=i1
      05-19 10:00  incident_detected  incident=i2
      05-19 10:30  incident_resolved  incident=i2
      05-19 11:30  incident_detected  incident=i3
      05-19 13:00  incident_resolved  incident=i3`,
    shows: `
      time_to_restore_samples      1
      time_to_restore_seconds 0.5  4h`,
  },
  {
    name: 'incidents that touch are one outage, a millisecond between them makes two',
    history: `
      05-18 09:00         incident_detected  incident=i1
      05-18 10:00         incident_resolved  incident=i1
      05-18 10:00         incident_detected  incident=i2
      05-18 11:00         incident_resolved  incident=i2
      05-19 09:00         incident_detected  incident=i3
      05-19 10:00         incident_resolved  incident=i3
      05-19 10:00:00.001  incident_detected  incident=i4
      05-19 10:30:00.001  incident_resolved  incident=i4`,
    shows: `
      time_to_restore_samples       3
      time_to_restore_seconds 0.5   1h
      time_to_restore_seconds 0.9   2h
      time_to_restore_mean_seconds  1h10m`,
  },
  {
    name: 'incidents of other services and environments are outages of their own',
    history: `
      05-19 09:00  incident_detected  incident=i1
      05-19 10:00  incident_resolved  incident=i1
      05-19 09:30  incident_detected  incident=i1 service=search
      05-19 11:30  incident_resolved  incident=i1 service=search
      05-19 09:30  incident_detected  incident=i1 environment=staging
      05-19 12:30  incident_resolved  incident=i1 environment=staging`,
    shows: `
      time_to_restore_seconds 0.5                      1h
      time_to_restore_seconds 0.5 service=search       2h
      time_to_restore_seconds 0.5 environment=staging  3h
      fleet_time_to_restore_samples                    2
      fleet_time_to_restore_seconds 0.5                1h
      fleet_time_to_restore_mean_seconds               1h30m`,
  },
  {
    name: 'an open incident is counted as open and swallows no outage',
    history: `
      05-18 09:00  incident_detected  incident=i1
      05-19 09:00  incident_detected  incident=i2
      05-19 10:00  incident_resolved  incident=i2`,
    shows: `
      open_incidents               1
      time_to_restore_samples      1
      time_to_restore_seconds 0.5  1h`,
  },
  {
    name: 'an incident that opens again is open as a whole',
    history: `
      05-19 09:00  incident_detected  incident=i1
      05-19 10:00  incident_resolved  incident=i1
      05-19 11:00  incident_detected  incident=i1`,
    shows: `
      open_incidents           1
      time_to_restore_samples  0`,
  },
  {
    name: 'an incident that opened again and was resolved lasted from the first alert to the last resolution',
    history: `
      05-19 09:00  incident_detected  incident=i1
      05-19 10:00  incident_resolved  incident=i1
      05-19 11:00  incident_detected  incident=i1
      05-19 12:00  incident_resolved  incident=i1`,
    shows: `
      open_incidents               0
      time_to_restore_samples      1
      time_to_restore_seconds 0.5  3h`,
  },
  {
    name: 'a detection at the time of the resolution does not open the incident again',
    history: `
      05-19 09:00  incident_detected  incident=i1
      05-19 10:00  incident_resolved  incident=i1
      05-19 10:00  incident_detected  incident=i1
      05-19 11:00  incident_detected  incident=i2
      05-19 11:00  incident_resolved  incident=i2`,
    shows: `
      open_incidents               0
      time_to_restore_samples      2
      time_to_restore_seconds 0.5  0
      time_to_restore_seconds 0.9  1h`,
  },
  {
    name: 'a resolution before the detection resolves nothing, and one without a detection is no incident',
    history: `
      05-19 08:00  incident_resolved  incident=i1
      05-19 09:00  incident_detected  incident=i1
      05-19 10:00  incident_resolved  incident=i2`,
    shows: `
      open_incidents           1
      time_to_restore_samples  0`,
  },
  {
    name: 'an outage is attributed to a rollout when one of its incidents is, and recovers with its whole length',
    history: `
      05-19 06:00  change_exposed     rollout=r1 change=c1
      05-19 09:00  incident_detected  incident=i1
      05-19 10:00  incident_resolved  incident=i1
      05-19 09:30  incident_detected  incident=i2 rollout=r1
      05-19 11:00  incident_resolved  incident=i2
      05-19 12:00  incident_detected  incident=i3
      05-19 12:30  incident_resolved  incident=i3`,
    shows: `
      time_to_restore_samples    2
      recovery_time_samples      1
      recovery_time_seconds 0.5  2h
      intervention_ratio         1`,
  },
];
