import { hour, minute } from '../calendar.ts';
import { flagBy, rootBy, ticketBy, titleBy } from '../words.ts';
import { releaseAtOnce } from './at-once.ts';
import { releaseInSteps } from './in-steps.ts';
import { blend, nextRollout, type Release, type ServiceWeek } from './state.ts';

/** Adds all events of one release: its changes, staging, production, and what follows from a failure. */
export function release(week: ServiceWeek, plannedAt: number): void {
  const { events, state, practice, random, service } = week;
  const start = Math.max(plannedAt, state.busyUntil);
  const { change, at } = addChanges(week, start);
  const rollout = nextRollout(service, state);
  exposeInStaging(week, rollout, change, at);
  const one: Release = { ...week, rollout, change, at, rework: false };
  const failureRate = (practice.adopted ? blend(0.16, 0.052, practice.maturity) : 0.285) * service.frailty;
  const fails = random.chance(Math.min(0.65, failureRate * practice.strain));
  const end = practice.adopted ? releaseInSteps(one, fails) : releaseAtOnce(one, fails);
  if (!fails && service.regional) exposeInSecondRegion(one, end);
  state.busyUntil = Math.max(end, at) + 30 * minute;
  if (!fails && random.chance(0.02))
    events.flagged(end, { flag: flagBy(random, service.name), variant: 'on' });
}

/** Adds the pull requests of a release. @returns the change or artifact that the release names, and its earliest time */
function addChanges(
  { events, service, state, practice, random }: ServiceWeek,
  start: number,
): { readonly change: string; readonly at: number } {
  const { adopted, maturity } = practice;
  const count = adopted ? random.about(1.2) : random.whole(2, 5);
  const waits = adopted ? random.around(blend(4, 1.8, maturity) * hour, 0.5) : random.around(34 * hour, 0.4);
  const headAt = Math.max(start - waits, state.lastMergedAt + minute);
  const at = Math.max(start, headAt + 15 * minute);
  let name = '';
  for (let left = count - 1; left >= 0; left--) {
    const beforeHead = left * (adopted ? 25 * minute : random.between(8, 20) * hour);
    const mergedAt = Math.max(headAt - beforeHead, state.lastMergedAt + 1_000);
    const commit = random.hex(12);
    state.changes += 1;
    const change = service.byArtifact ? `sundial/${service.name}#${state.changes}` : commit;
    const fields = { change, title: titleBy(random), ticket: ticketBy(random) };
    events.created(mergedAt - random.around(adopted ? blend(9, 4, maturity) * hour : 26 * hour, 0.6), fields);
    const risk = random.pick(['low', 'low', 'medium', 'high'] as const);
    events.merged(mergedAt, { ...fields, risk, ...(service.byArtifact && { artifact: commit }) });
    state.lastMergedAt = mergedAt;
    name = service.byArtifact ? commit : change;
  }
  return { change: name, at };
}

/** Every release goes through staging first; a few are rolled back there and deployed again. */
function exposeInStaging(
  { events, practice, random, state }: ServiceWeek,
  rollout: string,
  change: string,
  at: number,
): void {
  const share = practice.adopted ? random.between(0.2, 0.6) : random.between(0.3, 0.9);
  const stagedAt = at - Math.max(5 * minute, (at - state.lastMergedAt) * share);
  const environment = 'staging';
  events.exposed(stagedAt, { change, rollout, environment, strategy: 'direct' });
  if (!random.chance(0.03)) return;
  const cause = 'manual';
  events.rolledBack(stagedAt + 2 * minute, { change, rollout, environment, cause, reason: rootBy(random) });
  const again = `${rollout}-again`;
  events.exposed(stagedAt + 4 * minute, { change, rollout: again, environment, strategy: 'direct' });
}

/** Some minutes later the same revision goes to the second region, which is another environment. */
function exposeInSecondRegion({ events, rollout, change, practice, random }: Release, after: number): void {
  const environment = 'production-us';
  const begin = after + random.between(10, 40) * minute;
  const weights = practice.adopted ? [10, 100] : [100];
  for (const [step, weight] of weights.entries())
    events.exposed(begin + step * 10 * minute, {
      change,
      rollout,
      environment,
      weight,
      strategy: practice.adopted ? 'canary' : 'rolling',
    });
}
