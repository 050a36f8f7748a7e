import { day, hour, minute } from './calendar.ts';
import type { DemoService } from './company.ts';
import type { DemoEvent, EventList } from './event-list.ts';
import type { Random } from './random.ts';
import type { Practice } from './releases/state.ts';
import { alertBy, flagBy, rootBy } from './words.ts';

/** Adds the other events of a service in a week: outages, flags and drills. */
export function addEverydayEvents(
  events: EventList,
  service: DemoService,
  practice: Practice,
  random: Random,
  monday: number,
): void {
  const at = () => monday + random.between(0, 7) * day;
  if (random.chance(0.07 * Math.min(practice.strain, 2))) addOutage(events, service, practice, random, at());
  if (random.chance(0.4))
    events.flagged(monday + random.between(0.4, 4.7) * day, {
      flag: flagBy(random, service.name),
      variant: random.pick(['on', 'off', '20 %', '50 %'] as const),
    });
  if (practice.adopted && random.chance(0.08))
    addDrill(events, service, random, monday + 2 * day + 13 * hour);
}

/** An outage that no release causes. */
function addOutage(
  events: EventList,
  service: DemoService,
  { maturity }: Practice,
  random: Random,
  at: number,
): void {
  const incident = `${service.name}-alert-${random.hex(6)}`;
  const fields = {
    incident,
    severity: 'page',
    reason: `${alertBy(random, service.name)}: ${rootBy(random)}`,
  };
  events.detected(at, fields);
  events.resolved(at + random.around((55 - 38 * maturity) * minute, 0.4), fields);
}

/** A rehearsed abort, which is shown and not counted. */
function addDrill(events: EventList, service: DemoService, random: Random, at: number): void {
  const rollout = `${service.name}-drill-${random.hex(6)}`;
  const fields = { rollout, change: random.hex(12), drill: true };
  events.exposed(at, { ...fields, weight: 5, strategy: 'canary' });
  events.rolledBack(at + 6 * minute, { ...fields, weight: 5, cause: 'manual', reason: 'Game day' });
}

/**
 * Adds one of each fault that real data has: a missing merge or detection, a rollback of an unknown rollout, an
 * incident of an unknown rollout, a merge after the exposure, and a repeated event with other content.
 */
export function addOddities(events: EventList, service: DemoService, random: Random, at: number): void {
  const { name } = service;
  const suffix = random.hex(8);
  events.exposed(at, { rollout: `${name}-by-hand-${suffix}`, change: `by-hand-${suffix}` });

  const late = random.hex(12);
  events.exposed(at + day, {
    rollout: `${name}-branch-${suffix}`,
    change: late,
    rework: true,
    strategy: 'direct',
  });
  events.merged(at + day + 2 * hour, { change: late, title: 'Hotfix that was released from its branch' });

  events.rolledBack(at + day + 3 * hour, { rollout: `${name}-unheard-${suffix}`, cause: 'manual' });

  const ghost = { incident: `${name}-ghost-${suffix}`, rollout: `${name}-of-another-time-${suffix}` };
  events.detected(at + 2 * day, { ...ghost, severity: 'ticket' });
  events.resolved(at + 2 * day + 9 * minute, { ...ghost, severity: 'ticket' });

  events.resolved(at + 2 * day + hour, { incident: `${name}-lost-${suffix}` });

  const twice = { change: random.hex(12), title: 'Sent twice' };
  events.created(at + 2 * day, twice);
  events.created(at + 2 * day, { ...twice, title: 'Sent twice, with another title' });
}

/** Adds an incident that is never resolved. */
export function addForgottenIncident(events: EventList, service: DemoService, at: number): void {
  const incident = `${service.name}-forgotten`;
  events.detected(at, { incident, severity: 'ticket', reason: alertByHand });
}
const alertByHand = 'A certificate runs out in 30 days';

/** A change of a flag of the whole company, without a service. */
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
