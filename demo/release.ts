import { hour, minute } from './calendar.ts';
import type { DemoService, Habit } from './company.ts';
import type { Diary } from './diary.ts';
import type { Random } from './random.ts';
import { alertBy, flagBy, rootBy, ticketBy, titleBy } from './words.ts';

/** What a service remembers from one release to the next. */
export interface Memory {
  /** Until when its last release keeps it busy. */
  busyUntil: number;
  /** The newest merge so far. */
  mergedLast: number;
  /** What was last released and stayed. */
  good: string | null;
  /** Releases and changes so far. */
  releases: number;
  changes: number;
}

/** How a team works at some moment. */
export interface Manner {
  /** Whether it moves traffic in steps. */
  readonly adopted: boolean;
  /** How well it does that, from 0 to 1. */
  readonly maturity: number;
  /** How many times more fails than usual. */
  readonly strain: number;
}

/** A service at some moment of its story, and where it is told. */
export interface Service {
  readonly diary: Diary;
  readonly service: DemoService;
  readonly memory: Memory;
  readonly manner: Manner;
  readonly random: Random;
}

interface Release extends Service {
  readonly rollout: string;
  /** What its exposures name. */
  readonly change: string;
  readonly at: number;
  readonly rework: boolean;
}

const blend = (from: number, to: number, share: number) => from + (to - from) * share;

/** One release of a service, wished for at a moment, with all that comes of it. */
export function release(told: Service, wished: number): void {
  const { diary, memory, manner, random, service } = told;
  const start = Math.max(wished, memory.busyUntil);
  const { change, at } = makeChanges(told, start);
  const rollout = nextRollout(service, memory);
  stage(told, rollout, change, at);
  const one: Release = { ...told, rollout, change, at, rework: false };
  const failure = (manner.adopted ? blend(0.16, 0.052, manner.maturity) : 0.285) * service.frailty;
  const fails = random.chance(Math.min(0.65, failure * manner.strain));
  const end = manner.adopted ? releaseInSteps(one, fails) : releaseAtOnce(one, fails);
  if (!fails && service.regional) exposeElsewhere(one, end);
  memory.busyUntil = Math.max(end, at) + 30 * minute;
  if (!fails && random.chance(0.02))
    diary.flagged(end, { flag: flagBy(random, service.name), variant: 'on' });
}

/** Pull requests up to a release. @returns what the release names, and when it can begin */
function makeChanges(
  { diary, service, memory, manner, random }: Service,
  start: number,
): { readonly change: string; readonly at: number } {
  const { adopted, maturity } = manner;
  const count = adopted ? random.about(1.2) : random.whole(2, 5);
  const waits = adopted ? random.around(blend(4, 1.8, maturity) * hour, 0.5) : random.around(34 * hour, 0.4);
  const headAt = Math.max(start - waits, memory.mergedLast + minute);
  const at = Math.max(start, headAt + 15 * minute);
  let name = '';
  for (let left = count - 1; left >= 0; left--) {
    const back = left * (adopted ? 25 * minute : random.between(8, 20) * hour);
    const mergedAt = Math.max(headAt - back, memory.mergedLast + 1_000);
    const commit = random.hex(12);
    memory.changes += 1;
    const change = service.byArtifact ? `sundial/${service.name}#${memory.changes}` : commit;
    const told = { change, title: titleBy(random), ticket: ticketBy(random) };
    diary.created(mergedAt - random.around(adopted ? blend(9, 4, maturity) * hour : 26 * hour, 0.6), told);
    const risk = random.pick(['low', 'low', 'medium', 'high'] as const);
    diary.merged(mergedAt, { ...told, risk, ...(service.byArtifact && { artifact: commit }) });
    memory.mergedLast = mergedAt;
    name = service.byArtifact ? commit : change;
  }
  return { change: name, at };
}

function nextRollout(service: DemoService, memory: Memory): string {
  memory.releases += 1;
  return `${service.name}-${memory.releases}`;
}

/** Everything goes through staging first, where some of it stays for a while. */
function stage(
  { diary, manner, random, memory }: Service,
  rollout: string,
  change: string,
  at: number,
): void {
  const before = manner.adopted ? random.between(0.2, 0.6) : random.between(0.3, 0.9);
  const stagedAt = at - Math.max(5 * minute, (at - memory.mergedLast) * before);
  const environment = 'staging';
  diary.exposed(stagedAt, { change, rollout, environment, strategy: 'direct' });
  if (!random.chance(0.03)) return;
  const cause = 'manual';
  diary.rolledBack(stagedAt + 2 * minute, { change, rollout, environment, cause, reason: rootBy(random) });
  const again = `${rollout}-again`;
  diary.exposed(stagedAt + 4 * minute, { change, rollout: again, environment, strategy: 'direct' });
}

/** Some minutes later the same goes to the second region, which is an environment of its own. */
function exposeElsewhere({ diary, rollout, change, manner, random }: Release, after: number): void {
  const environment = 'production-us';
  const begin = after + random.between(10, 40) * minute;
  const steps = manner.adopted ? [10, 100] : [100];
  for (const [step, weight] of steps.entries())
    diary.exposed(begin + step * 10 * minute, {
      change,
      rollout,
      environment,
      weight,
      strategy: manner.adopted ? 'canary' : 'rolling',
    });
}

// ---- before: everything to everybody -----------------------------------------------------------------------

function releaseAtOnce(one: Release, fails: boolean): number {
  const { diary, change, rollout, at, random, memory, service, rework } = one;
  const strategy = service.habit === 'direct' ? 'direct' : 'rolling';
  diary.exposed(at, { change, rollout, strategy, ...(rework && { rework }) });
  if (fails) return fallBack(one);
  memory.good = change;
  if (!random.chance(0.05)) return at;
  // It is bad and stays: people mend it forward.
  const detected = at + random.around(40 * minute, 0.6);
  const resolved = detected + random.around(95 * minute, 0.4);
  incident(one, detected, resolved, 'rollout');
  return hotfix(one, resolved - 15 * minute);
}

/** Alerts, a meeting, and by hand back to what was before. */
function fallBack(one: Release): number {
  const { diary, change, rollout, at, random, memory } = one;
  const detected = at + random.around(14 * minute, 0.6);
  const back = detected + random.around(45 * minute, 0.4);
  const resolved = back + random.between(4, 16) * minute;
  const isReturn = memory.good !== null && random.chance(0.25);
  const says = random.chance(0.85);
  if (says) incident(one, detected, resolved, random.pick(['nothing', 'rollout', 'change'] as const));
  if (isReturn && memory.good !== null)
    diary.exposed(back, { change: memory.good, rollout: `${rollout}-back`, strategy: 'rolling' });
  else diary.rolledBack(back, { change, rollout, weight: 100, cause: 'manual', reason: rootBy(random) });
  return random.chance(0.4) ? hotfix(one, resolved + random.between(1, 4) * hour) : resolved;
}

/** A small change that repairs the failure, released in a hurry. */
function hotfix(failed: Release, at: number): number {
  const { diary, service, memory, random, manner } = failed;
  const change = random.hex(12);
  const mergedAt = Math.max(at - random.between(10, 25) * minute, memory.mergedLast + 1_000);
  const told = { change, title: `Hotfix: ${rootBy(random)}` };
  diary.created(mergedAt - random.between(10, 50) * minute, told);
  diary.merged(mergedAt, { ...told, rework: true, risk: 'high' });
  memory.mergedLast = mergedAt;
  const rollout = nextRollout(service, memory);
  const exposedAt = Math.max(at, mergedAt + 3 * minute);
  const one: Release = { ...failed, change, rollout, at: exposedAt, rework: true };
  memory.good = change;
  if (manner.adopted) return climb(one, stepsOf('canary', manner.maturity, random)).end;
  diary.exposed(exposedAt, { change, rollout, strategy: 'rolling', rework: true });
  return exposedAt;
}

// ---- after: step by step -----------------------------------------------------------------------------------

interface Step {
  readonly weight: number;
  /** Until the next one, in milliseconds. */
  readonly holds: number;
}

function stepsOf(habit: Habit, maturity: number, random: Random): readonly Step[] {
  const patience = blend(1.6, 0.8, maturity);
  const step = (weight: number, minutes: number): Step => ({
    weight,
    holds: random.around(minutes * patience * minute, 0.2),
  });
  switch (habit) {
    case 'canary':
      return [step(5, 10), step(25, 12), step(50, 15), step(100, 0)];
    case 'blue_green':
      return [step(10, 12), step(100, 0)];
    case 'ab_test':
      return [step(10, 20), step(50, 70), step(100, 0)];
    case 'flag':
      return [step(1, 20), step(10, 40), step(50, 60), step(100, 0)];
    case 'direct':
      return [step(100, 0)];
  }
}

function releaseInSteps(one: Release, fails: boolean): number {
  const { service, manner, random, memory } = one;
  // A service with flags releases every other change by one, and deploys the rest like the others.
  const habit = service.habit === 'flag' && memory.releases % 2 === 0 ? 'canary' : service.habit;
  const steps = stepsOf(habit, manner.maturity, random);
  if (!fails) {
    memory.good = habit === 'flag' ? memory.good : one.change;
    return climb(one, steps, habit).end;
  }
  const contained = steps.length > 1 && random.chance(blend(0.75, 0.9, manner.maturity));
  return contained ? abort(one, steps, habit) : escapeToAll(one, steps, habit);
}

/** Takes the steps. @returns when the last one of them began, and when it is over */
function climb(
  { diary, change, rollout, at, rework, service }: Release,
  steps: readonly Step[],
  habit: Habit = 'canary',
): { readonly last: number; readonly end: number } {
  let [last, end] = [at, at];
  for (const { weight, holds } of steps) {
    diary.exposed(end, { change, rollout, weight, strategy: habit, ...(rework && { rework }) });
    if (habit === 'flag')
      diary.flagged(end, { flag: `${service.name}.${change.slice(0, 6)}`, variant: `${weight} %` });
    last = end;
    end += holds;
  }
  return { last, end };
}

/** The analysis of a step fails, and traffic goes back within minutes. */
function abort(one: Release, steps: readonly Step[], habit: Habit): number {
  const { diary, change, rollout, random, service } = one;
  const partial = steps.filter(({ weight }) => weight < 100);
  const taken = partial.slice(0, random.chance(0.65) ? 1 : random.whole(1, partial.length));
  const { last } = climb(one, taken, habit);
  const weight = taken.at(-1)?.weight ?? 5;
  const detected = last + random.around(4 * minute, 0.4);
  const back = detected + random.around(2.2 * minute, 0.4);
  const resolved = back + random.around(2.5 * minute, 0.4);
  const automatic = random.chance(0.8);
  const name = `${rollout}-slo`;
  const says = random.chance(0.7);
  const named = random.pick(['rollback', 'rollout', 'nothing'] as const);
  if (says) incident(one, detected, resolved, named === 'rollback' ? 'nothing' : named);
  diary.rolledBack(back, {
    change,
    rollout,
    weight,
    cause: automatic ? 'automatic' : 'manual',
    reason: automatic ? `${alertBy(random, service.name)} at ${weight} %` : rootBy(random),
    ...(says && named === 'rollback' && { incident: name }),
  });
  if (habit === 'flag')
    diary.flagged(back, { flag: `${service.name}.${change.slice(0, 6)}`, variant: 'off' });
  if (habit === 'flag') return resolved;
  if (random.chance(0.4)) return retry(one, steps, habit, resolved);
  return random.chance(0.3) ? hotfix(one, resolved + random.between(0.5, 2) * hour) : resolved;
}

/** Nothing was wrong with it but the hour: the same change goes again. */
function retry(one: Release, steps: readonly Step[], habit: Habit, after: number): number {
  const at = after + one.random.between(0.7, 3) * hour;
  one.memory.good = one.change;
  return climb({ ...one, rollout: `${one.rollout}-retry`, at }, steps, habit).end;
}

/** Full traffic, and only then does it show. */
function escapeToAll(one: Release, steps: readonly Step[], habit: Habit): number {
  const { diary, change, rollout, random, manner } = one;
  const { end } = climb(one, steps, habit);
  const detected = end + random.around(20 * minute, 0.4);
  const back = detected + random.around(blend(18, 8, manner.maturity) * minute, 0.4);
  const resolved = back + random.around(3 * minute, 0.4);
  incident(one, detected, resolved, random.pick(['nothing', 'rollout'] as const));
  diary.rolledBack(back, { change, rollout, weight: 100, cause: 'manual', reason: rootBy(random) });
  return random.chance(0.5) ? hotfix(one, resolved + random.between(0.5, 2) * hour) : resolved;
}

/** @param names what the alert says about its origin */
function incident(
  { diary, rollout, change, random, service }: Release,
  detected: number,
  resolved: number,
  names: 'nothing' | 'rollout' | 'change',
): void {
  const told = {
    incident: `${rollout}-slo`,
    severity: random.pick(['page', 'page', 'ticket'] as const),
    reason: alertBy(random, service.name),
    ...(names === 'rollout' && { rollout }),
    ...(names === 'change' && { change }),
  };
  diary.detected(detected, told);
  diary.resolved(resolved, told);
}
