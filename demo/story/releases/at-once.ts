import { hour, minute } from '../calendar.ts';
import { rootBy } from '../words.ts';
import { addHotfix, addIncident } from './failures.ts';
import type { Release } from './state.ts';

/** A release to all traffic at once, before the team adopts steps. @returns when it ends */
export function releaseAtOnce(one: Release, fails: boolean): number {
  const { events, change, rollout, at, random, state, service, rework } = one;
  const strategy = service.habit === 'direct' ? 'direct' : 'rolling';
  events.exposed(at, { change, rollout, strategy, ...(rework && { rework }) });
  if (fails) return rollBackByHand(one);
  state.goodRevision = change;
  if (!random.chance(0.05)) return at;
  // A bad release that stays: a hotfix repairs it.
  const detectedAt = at + random.around(40 * minute, 0.6);
  const resolvedAt = detectedAt + random.around(95 * minute, 0.4);
  addIncident(one, detectedAt, resolvedAt, 'rollout');
  return addHotfix(one, resolvedAt - 15 * minute);
}

/** Alerts, a meeting, and then a person returns to the revision before, or rolls back. */
function rollBackByHand(one: Release): number {
  const { events, change, rollout, at, random, state } = one;
  const detectedAt = at + random.around(14 * minute, 0.6);
  const rolledBackAt = detectedAt + random.around(45 * minute, 0.4);
  const resolvedAt = rolledBackAt + random.between(4, 16) * minute;
  const isReturn = state.goodRevision !== null && random.chance(0.25);
  const hasIncident = random.chance(0.85);
  if (hasIncident)
    addIncident(one, detectedAt, resolvedAt, random.pick(['nothing', 'rollout', 'change'] as const));
  if (isReturn && state.goodRevision !== null)
    events.exposed(rolledBackAt, {
      change: state.goodRevision,
      rollout: `${rollout}-back`,
      strategy: 'rolling',
    });
  else
    events.rolledBack(rolledBackAt, {
      change,
      rollout,
      weight: 100,
      cause: 'manual',
      reason: rootBy(random),
    });
  return random.chance(0.4) ? addHotfix(one, resolvedAt + random.between(1, 4) * hour) : resolvedAt;
}
