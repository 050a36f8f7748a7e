import { fullWeight } from '../../../../domain/events/event.ts';
import { listAt, numberAt, objectAt, textAt, valueAt } from '../parsing/json.ts';
import type { Notification } from './notification.ts';

/** Shares of traffic, in percent; the weights of steps may have another scale, see `maxTrafficWeight`. */

const steps = ({ strategy }: Notification) => listAt(strategy, 'canary', 'steps');
const stepIndex = ({ status }: Notification) => Math.max(0, numberAt(status, 'currentStepIndex') ?? 0);
const weightIn = (step: unknown) => numberAt(step, 'setWeight');
const isRouted = ({ strategy }: Notification) => objectAt(strategy, 'canary', 'trafficRouting') !== null;

/** The weight that means all traffic. A traffic router may have a finer scale than percent. */
function weightMax({ strategy }: Notification): number {
  const max = numberAt(strategy, 'canary', 'trafficRouting', 'maxTrafficWeight');
  return max !== null && max > 0 ? max : 100;
}

/** The last weight that the steps before `end` set; 0 if none does. */
function weightBefore(note: Notification, end: number): number {
  return (
    steps(note)
      .slice(0, end)
      .map(weightIn)
      .findLast(weight => weight !== null) ?? 0
  );
}

/**
 * The share that the router was just set to; null if it is unknown or 0. The status has the previous weights, with the
 * hash of the pods that they were for. If those are other pods, the router has just learned of the new pods, which do not
 * run yet and get 0.
 */
export function shareRouted(note: Notification): number | null {
  const count = steps(note).length;
  const before = objectAt(note.status, 'canary', 'weights', 'canary');
  if (!isRouted(note) || count === 0 || textAt(before, 'podTemplateHash') !== note.podHash) return null;
  // A full promotion does not change the weight before it is complete.
  if (valueAt(note.status, 'promoteFull') === true) return null;
  const index = stepIndex(note);
  const weight = index >= count ? weightMax(note) : weightBefore(note, index + 1);
  // If the weight is the same, something else changed, such as the share of an experiment.
  return weight <= 0 || weight === numberAt(before, 'weight') ? null : shareOf(note, weight);
}

/** The share that the completed step set; null if it set none. */
export function shareOfStep(note: Notification): number | null {
  const index = stepIndex(note);
  const weight = weightIn(steps(note)[index]);
  if (weight === null || (weight <= 0 && weightBefore(note, index) <= 0)) return null;
  return shareOf(note, weight);
}

/** The share of these pods before the trigger's event; null if unknown. */
export function shareHeld(note: Notification): number | null {
  const active = textAt(note.status, 'blueGreen', 'activeSelector');
  if (objectAt(note.strategy, 'canary') === null) return active === note.podHash ? fullWeight : 0;
  if (isRouted(note)) {
    const weights = objectAt(note.status, 'canary', 'weights', 'canary');
    const isOfThesePods = textAt(weights, 'podTemplateHash') === note.podHash;
    return shareOf(note, (isOfThesePods ? numberAt(weights, 'weight') : null) ?? 0);
  }
  // An abort resets the steps.
  return textAt(note.status, 'abortedAt') === null
    ? shareOf(note, weightBefore(note, stepIndex(note)))
    : null;
}

function shareOf(note: Notification, weight: number): number {
  const replicas = numberAt(note.rollout, 'spec', 'replicas');
  const max = weightMax(note);
  const share =
    isRouted(note) || replicas === null || weight <= 0 || weight >= max
      ? weight / max
      : shareOfReplicas(weight, Math.floor(replicas), maySurge(note));
  return Math.round(Math.min(1, Math.max(0, share)) * 1e5) / 1e3;
}

/**
 * The share without a router, which is that of the canary's pods: the number of pods that comes nearest to the weight,
 * also counting one additional pod if surge allows it.
 * @see https://argo-rollouts.readthedocs.io/en/stable/features/canary/
 * @param weight percent, between 0 and 100
 */
function shareOfReplicas(weight: number, replicas: number, surge: boolean): number {
  if (replicas < 1) return weight / 100;
  const target = weight / 100;
  const exact = replicas * target;
  // A single pod gets either all traffic or none.
  if (replicas === 1 && !surge) return exact < 0.5 ? 0 : 1;
  const shares = [replicas, ...(surge ? [replicas + 1] : [])].flatMap(total =>
    [Math.ceil(exact), Math.floor(exact)]
      .filter(count => count > 0 && count < total && (total > replicas || count < replicas))
      .map(count => count / total),
  );
  const [first = target] = shares.toSorted((a, b) => Math.abs(a - target) - Math.abs(b - target));
  return first;
}

/** Whether the rollout may run additional pods. The default of `maxSurge` is a quarter of the pods. */
function maySurge({ strategy }: Notification): boolean {
  const surge = valueAt(strategy, 'canary', 'maxSurge') ?? '25%';
  return surge !== 0 && surge !== '0' && surge !== '0%';
}
