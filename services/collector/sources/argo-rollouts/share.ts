import { fullWeight } from '../../../../domain/events/event.ts';
import { listAt, numberAt, objectAt, textAt, valueAt } from '../parsing/reading.ts';
import type { Notification } from './notification.ts';

/** Shares of traffic, in percent; the steps' own scale may be another, see `maxTrafficWeight`. */

const steps = ({ strategy }: Notification) => listAt(strategy, 'canary', 'steps');
const stepIndex = ({ status }: Notification) => Math.max(0, numberAt(status, 'currentStepIndex') ?? 0);
const weightIn = (step: unknown) => numberAt(step, 'setWeight');
const isRouted = ({ strategy }: Notification) => objectAt(strategy, 'canary', 'trafficRouting') !== null;

/** The scale of weights, which a traffic router may have finer than percent. */
function weightMax({ strategy }: Notification): number {
  const max = numberAt(strategy, 'canary', 'trafficRouting', 'maxTrafficWeight');
  return max !== null && max > 0 ? max : 100;
}

/** The last weight that the steps before `end` set; 0 where none does. */
function weightBefore(note: Notification, end: number): number {
  return (
    steps(note)
      .slice(0, end)
      .map(weightIn)
      .findLast(weight => weight !== null) ?? 0
  );
}

/**
 * The share that the router was just told to give, or null where that cannot be told or is none. The status has the
 * weights from before, with the hash of the pods that they were for. Where those are other pods, the router only
 * learns of these, which are not there yet, and gives them 0.
 */
export function shareRouted(note: Notification): number | null {
  const count = steps(note).length;
  const before = objectAt(note.status, 'canary', 'weights', 'canary');
  if (!isRouted(note) || count === 0 || textAt(before, 'podTemplateHash') !== note.podHash) return null;
  // A full promotion leaves the weight as it is until it is complete.
  if (valueAt(note.status, 'promoteFull') === true) return null;
  const index = stepIndex(note);
  const weight = index >= count ? weightMax(note) : weightBefore(note, index + 1);
  // Where the weight stands, something else was changed, such as the share of an experiment.
  return weight <= 0 || weight === numberAt(before, 'weight') ? null : shareOf(note, weight);
}

/** The share that the step set which is done now; null where it set none. */
export function shareOfStep(note: Notification): number | null {
  const index = stepIndex(note);
  const weight = weightIn(steps(note)[index]);
  if (weight === null || (weight <= 0 && weightBefore(note, index) <= 0)) return null;
  return shareOf(note, weight);
}

/** The share that these pods had before what the trigger tells; null where that cannot be told. */
export function shareHeld(note: Notification): number | null {
  const active = textAt(note.status, 'blueGreen', 'activeSelector');
  if (objectAt(note.strategy, 'canary') === null) return active === note.podHash ? fullWeight : 0;
  if (isRouted(note)) {
    const weights = objectAt(note.status, 'canary', 'weights', 'canary');
    const isOwn = textAt(weights, 'podTemplateHash') === note.podHash;
    return shareOf(note, (isOwn ? numberAt(weights, 'weight') : null) ?? 0);
  }
  // An abort sets the steps back.
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
 * Without a router the share is that of the pods: as many of the canary as come nearest to the weight, with one pod
 * more in all where that comes nearer.
 * @see https://argo-rollouts.readthedocs.io/en/stable/features/canary/
 * @param weight percent, between 0 and 100
 */
function shareOfReplicas(weight: number, replicas: number, surge: boolean): number {
  if (replicas < 1) return weight / 100;
  const wanted = weight / 100;
  const exact = replicas * wanted;
  // One pod of one cannot be a part of them.
  if (replicas === 1 && !surge) return exact < 0.5 ? 0 : 1;
  const shares = [replicas, ...(surge ? [replicas + 1] : [])].flatMap(total =>
    [Math.ceil(exact), Math.floor(exact)]
      .filter(count => count > 0 && count < total && (total > replicas || count < replicas))
      .map(count => count / total),
  );
  const [first = wanted] = shares.toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted));
  return first;
}

/** A quarter of the pods where the spec says nothing. */
function maySurge({ strategy }: Notification): boolean {
  const surge = valueAt(strategy, 'canary', 'maxSurge') ?? '25%';
  return surge !== 0 && surge !== '0' && surge !== '0%';
}
