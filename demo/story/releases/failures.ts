import { minute } from '../calendar.ts';
import { alertBy, rootBy } from '../words.ts';
import { nextRollout, type Release } from './state.ts';
import { stepsOf, takeSteps } from './steps.ts';

/** Adds an incident. @param names what the alert names as its cause */
export function addIncident(
  { events, rollout, change, random, service }: Release,
  detectedAt: number,
  resolvedAt: number,
  names: 'nothing' | 'rollout' | 'change',
): void {
  const fields = {
    incident: `${rollout}-slo`,
    severity: random.pick(['page', 'page', 'ticket'] as const),
    reason: alertBy(random, service.name),
    ...(names === 'rollout' && { rollout }),
    ...(names === 'change' && { change }),
  };
  events.detected(detectedAt, fields);
  events.resolved(resolvedAt, fields);
}

/** Adds a small change that repairs the failure, released in a hurry. @returns when it is released */
export function addHotfix(failed: Release, at: number): number {
  const { events, service, state, random, practice } = failed;
  const change = random.hex(12);
  const mergedAt = Math.max(at - random.between(10, 25) * minute, state.lastMergedAt + 1_000);
  const fields = { change, title: `Hotfix: ${rootBy(random)}` };
  events.created(mergedAt - random.between(10, 50) * minute, fields);
  events.merged(mergedAt, { ...fields, rework: true, risk: 'high' });
  state.lastMergedAt = mergedAt;
  const rollout = nextRollout(service, state);
  const exposedAt = Math.max(at, mergedAt + 3 * minute);
  const one: Release = { ...failed, change, rollout, at: exposedAt, rework: true };
  state.goodRevision = change;
  if (practice.adopted) return takeSteps(one, stepsOf('canary', practice.maturity, random)).end;
  events.exposed(exposedAt, { change, rollout, strategy: 'rolling', rework: true });
  return exposedAt;
}
