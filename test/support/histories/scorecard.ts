import { timestampOf } from '../../../domain/delivery/facts.ts';
import type { Event } from '../../../domain/events/event.ts';
import type { Scorecard, Spread } from '../../../domain/metrics/scorecard.ts';
import type { Causes, Period } from '../../../domain/metrics/scorecard-part.ts';
import { type CountedRollout, countedRollouts } from '../../../domain/reference.ts';

/**
 * The scorecard by brute force from the events, independent of the product's, of the rollouts of one environment.
 * @param service null: of all services, pooled
 */
export function bruteScorecard(
  events: readonly Event[],
  environment: string,
  service: string | null,
  { from, to }: Period,
): Scorecard {
  const within = (at: number | null) => at !== null && from <= at && at < to;
  const rollouts = countedRollouts(events)
    .filter(stream => stream.environment === environment && (service === null || stream.service === service))
    .flatMap(stream => stream.rollouts.map(rollout => describe(rollout, stream.rollouts)));
  const exposed = rollouts.filter(rollout => within(rollout.exposedAt));
  const aborted = rollouts.filter(rollout => within(rollout.endedAt));
  const progressive = exposed.filter(rollout => rollout.progressive);
  const retries = exposed.filter(rollout => rollout.isRetry);
  const count = (list: readonly Described[], cause: string) => list.filter(one => one.cause === cause).length;
  const causes = (list: readonly Described[]): Causes => ({
    automatic: count(list, 'automatic'),
    manual: count(list, 'manual'),
    returned: count(list, 'returned'),
    unknown: count(list, 'unknown'),
  });
  const weights = new Set([
    ...progressive.flatMap(one => one.stands.map(stand => stand.weight)),
    ...aborted.map(one => one.weight),
  ]);
  const failed = (list: readonly Described[]) => {
    const weighted = sum(list.map(one => one.failed));
    const atFull = sum(list.map(one => one.atFull));
    const keptAway = atFull === 0 ? null : 1 - weighted / atFull;
    return { seconds: weighted / 1000, atFullSeconds: atFull / 1000, keptAway };
  };
  const secondsToAbort = (cause: string) =>
    spread(aborted.filter(one => one.cause === cause && one.timely).map(one => one.atFull / 1000));
  const escaped = aborted.filter(one => one.escaped).length;
  return {
    exposed: exposed.length,
    progressive: progressive.length,
    progressiveRatio: exposed.length === 0 ? null : progressive.length / exposed.length,
    steps: spread(progressive.map(one => one.stands.length)),
    levels: [...weights]
      .sort((a, b) => a - b)
      .map(weight => {
        const here = progressive.map(one => one.stands.filter(stand => stand.weight === weight));
        const lengths = here.flat().flatMap(({ length }) => (length === null ? [] : [length / 1000]));
        return {
          weight,
          rollouts: here.filter(stands => stands.length > 0).length,
          seconds: spread(weight === 100 ? [] : lengths),
          aborts: causes(aborted.filter(one => one.weight === weight)),
        };
      }),
    aborts: { total: aborted.length, contained: aborted.length - escaped, escaped, ...causes(aborted) },
    exposureAtAbort: spread(aborted.map(one => one.weight)),
    secondsToAbort: { automatic: secondsToAbort('automatic'), manual: secondsToAbort('manual') },
    failedExposure: failed(aborted),
    progressiveFailedExposure: failed(aborted.filter(one => one.progressive)),
    retries: {
      total: retries.length,
      standing: retries.filter(one => one.endedAt === null).length,
    },
  };
}

type Described = ReturnType<typeof describe>;

function describe(rollout: CountedRollout, stream: readonly CountedRollout[]) {
  const { exposedAt, rolledBackAt: endedAt } = rollout;
  const first = rollout.rollbacks.filter(event => timestampOf(event) === endedAt);
  const isReturned = endedAt !== null && first.length === 0;
  const weightOf = (at: number) =>
    Math.max(
      ...rollout.exposures.filter(event => timestampOf(event) === at).map(({ weight }) => weight ?? 100),
    );
  const times = [...new Set(rollout.exposures.map(timestampOf))]
    .filter(at => at >= exposedAt && (endedAt === null || at < endedAt))
    .sort((a, b) => a - b);
  const changes = times.filter((at, i) => i === 0 || weightOf(at) !== weightOf(times[i - 1] ?? at));
  const stands = changes
    .map((at, i) => ({ weight: weightOf(at), end: changes[i + 1] ?? endedAt, at }))
    .map(({ weight, end, at }) => ({ weight, length: end === null ? null : end - at }))
    .filter(({ weight }) => weight > 0);
  const weights = first.flatMap(event => event.weight ?? []);
  return {
    exposedAt,
    endedAt,
    stands,
    progressive: rollout.exposures.some(
      event =>
        ['canary', 'blue_green', 'ab_test', 'flag'].includes(event.strategy ?? '') ||
        ((event.weight ?? 100) > 0 && (event.weight ?? 100) < 100),
    ),
    cause: isReturned ? 'returned' : (first.flatMap(event => event.cause ?? []).sort()[0] ?? 'unknown'),
    weight: weights.length > 0 ? Math.max(...weights) : (stands.at(-1)?.weight ?? 0),
    escaped:
      endedAt !== null &&
      rollout.exposures.some(event => (event.weight ?? 100) === 100 && timestampOf(event) < endedAt),
    timely: endedAt !== null && endedAt >= exposedAt,
    atFull: Math.max(0, (endedAt ?? exposedAt) - exposedAt),
    failed: Math.round(sum(stands.map(({ weight, length }) => weight * (length ?? 0))) / 100),
    isRetry: stream.some(
      other =>
        other.exposedAt < exposedAt &&
        other.rolledBackAt !== null &&
        other.rolledBackAt <= exposedAt &&
        namesOf(other).some(name => namesOf(rollout).includes(name)),
    ),
  };
}

function namesOf({ named, exposures }: CountedRollout): string[] {
  return [...named, ...exposures.flatMap(event => event.artifact ?? [])];
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? null;
  return { median: rank(0.5), p90: rank(0.9), samples: sorted.length };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
