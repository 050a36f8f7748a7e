import { day, hour, minute } from './calendar.ts';
import type { DemoService } from './company.ts';
import type { DemoEvent, Diary } from './diary.ts';
import type { Random } from './random.ts';
import type { Manner } from './release.ts';
import { alertBy, flagBy, rootBy } from './words.ts';

/** What happens to a service in a week besides its releases. */
export function everydayLife(
  diary: Diary,
  service: DemoService,
  manner: Manner,
  random: Random,
  monday: number,
): void {
  const at = () => monday + random.between(0, 7) * day;
  if (random.chance(0.07 * Math.min(manner.strain, 2))) outage(diary, service, manner, random, at());
  if (random.chance(0.4))
    diary.flagged(monday + random.between(0.4, 4.7) * day, {
      flag: flagBy(random, service.name),
      variant: random.pick(['on', 'off', '20 %', '50 %'] as const),
    });
  if (manner.adopted && random.chance(0.08)) drill(diary, service, random, monday + 2 * day + 13 * hour);
}

/** Something breaks that no release broke. */
function outage(diary: Diary, service: DemoService, { maturity }: Manner, random: Random, at: number): void {
  const incident = `${service.name}-alert-${random.hex(6)}`;
  const told = { incident, severity: 'page', reason: `${alertBy(random, service.name)}: ${rootBy(random)}` };
  diary.detected(at, told);
  diary.resolved(at + random.around((55 - 38 * maturity) * minute, 0.4), told);
}

/** A rehearsed abort; it is shown, and counted nowhere. */
function drill(diary: Diary, service: DemoService, random: Random, at: number): void {
  const rollout = `${service.name}-drill-${random.hex(6)}`;
  const told = { rollout, change: random.hex(12), drill: true };
  diary.exposed(at, { ...told, weight: 5, strategy: 'canary' });
  diary.rolledBack(at + 6 * minute, { ...told, weight: 5, cause: 'manual', reason: 'Game day' });
}

/**
 * What real records have as well, one of each kind: merges and detections that nobody told, contradictions,
 * and a repeat with another content.
 */
export function oddities(diary: Diary, service: DemoService, random: Random, at: number): void {
  const { name } = service;
  const mark = random.hex(8);
  diary.exposed(at, { rollout: `${name}-by-hand-${mark}`, change: `by-hand-${mark}` });

  const late = random.hex(12);
  diary.exposed(at + day, {
    rollout: `${name}-branch-${mark}`,
    change: late,
    rework: true,
    strategy: 'direct',
  });
  diary.merged(at + day + 2 * hour, { change: late, title: 'Hotfix that was released from its branch' });

  diary.rolledBack(at + day + 3 * hour, { rollout: `${name}-unheard-${mark}`, cause: 'manual' });

  const ghost = { incident: `${name}-ghost-${mark}`, rollout: `${name}-of-another-time-${mark}` };
  diary.detected(at + 2 * day, { ...ghost, severity: 'ticket' });
  diary.resolved(at + 2 * day + 9 * minute, { ...ghost, severity: 'ticket' });

  diary.resolved(at + 2 * day + hour, { incident: `${name}-lost-${mark}` });

  const twice = { change: random.hex(12), title: 'Sent twice' };
  diary.created(at + 2 * day, twice);
  diary.created(at + 2 * day, { ...twice, title: 'Sent twice, with another title' });
}

/** An incident that nobody ever closed. */
export function forgotten(diary: Diary, service: DemoService, at: number): void {
  const incident = `${service.name}-forgotten`;
  diary.detected(at, { incident, severity: 'ticket', reason: alertByHand });
}
const alertByHand = 'A certificate runs out in 30 days';

/** A switch of the whole company, of no service. */
export function companyFlag(random: Random, at: number): DemoEvent {
  const flag = random.pick(['maintenance-banner', 'express-delivery', 'holiday-prices'] as const);
  return {
    type: 'flag_changed',
    flag,
    variant: random.pick(['on', 'off'] as const),
    id: `company flag ${flag} ${at}`,
    source: 'sample/flags',
    time: new Date(at).toISOString(),
  };
}
