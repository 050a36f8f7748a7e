import type { FoundService } from '../../../../domain/catalogue/lookup.ts';
import { fullWeight, type SentEvent } from '../../../../domain/events/event.ts';
import {
  describe,
  environmentOf,
  environmentOfNamespace,
  identified,
  identity,
  serviceOf,
  unknownServicesAmong,
} from '../parsing/event-fields.ts';
import { listAt, objectAt, textAt, timeAt } from '../parsing/json.ts';
import { annotationOf, changeAnnotations, type Revision, revisionsOfImages } from '../parsing/kubernetes.ts';
import type { ParsedRequest, Source, ToolContext, ToolRequest } from '../source.ts';
import { abandonedAttempts, attemptOf, replacedAttempt } from './attempt.ts';
import { currentRunsOf, isFailed, type Notification, notificationIn } from './notification.ts';
import { shareHeld, shareOfStep, shareRouted } from './share.ts';

/** Argo Rollouts' notifications, by the templates of `examples/argo-rollouts/`. */
export const argoRollouts: Source = { tool: 'argo-rollouts', scheme: 'token', parse };

type Strategy = 'canary' | 'blue_green' | 'rolling' | 'direct';
type Cause = 'automatic' | 'manual';

/** What happened to the rollout. */
type Transition =
  | { readonly kind: 'exposed'; readonly weight: number; readonly strategy: Strategy }
  | {
      readonly kind: 'rolled back';
      /** Possible names of the attempt. At most one of them exists. */
      readonly attempts: readonly string[];
      readonly cause: Cause;
      readonly reason: string | null;
      readonly weight: number | null;
      /** RFC 3339, if it happened before the notification. */
      readonly time: string | null;
      /** Whether the spec still is that of the attempt. */
      readonly isSpecOfAttempt: boolean;
    };

function parse(request: ToolRequest, { catalogue }: ToolContext): ParsedRequest {
  const note = notificationIn(request.body);
  const transition = note && transitionOf(note);
  if (!transition) return { events: [] };
  // The template's annotations come first: `undo` restores them, but not those of the Rollout.
  const annotated = [note.template, note.rollout];
  const service = serviceOf(request, catalogue, [
    annotationOf(annotated, 'dora/service') ?? note.name,
    `${note.namespace}/${note.name}`,
  ]);
  const environment =
    annotationOf(annotated, 'dora/environment') ?? environmentOfNamespace(catalogue, service, note.namespace);
  const time = (transition.kind === 'rolled back' ? transition.time : null) ?? note.sentAt;
  const scope = {
    service: service.name,
    environment: environmentOf(request, catalogue, service, environment),
    source: identity('The source', `argo-rollouts/${note.namespace}/${note.name}`),
    // Without a time the event has the time of receipt; a repeated notification still has the same id.
    ...(time !== null && { time }),
  };
  return {
    events: eventsOf(note, transition, scope, revisionsIn(note, annotated, service)).map(identified),
    ...unknownServicesAmong([service]),
  };
}

type Scope = { service: string; environment: string; source: string; time?: string };

function eventsOf(
  note: Notification,
  transition: Transition,
  scope: Scope,
  revisions: readonly Revision[],
): readonly SentEvent[] {
  if (transition.kind === 'exposed') {
    const { weight, strategy } = transition;
    const exposed = {
      type: 'change_exposed' as const,
      ...scope,
      rollout: attemptOf(note),
      weight,
      strategy,
    };
    return revisions.length === 0 ? [exposed] : revisions.map(each => ({ ...exposed, ...each }));
  }
  const { attempts, cause, reason, weight, isSpecOfAttempt } = transition;
  return attempts.map(rollout => ({
    type: 'change_rolled_back',
    ...scope,
    rollout,
    ...(isSpecOfAttempt && revisions[0]),
    ...(weight !== null && { weight }),
    cause,
    ...describe({ reason }),
  }));
}

function revisionsIn(
  note: Notification,
  annotated: readonly unknown[],
  { entry }: FoundService,
): readonly Revision[] {
  const change = annotationOf(annotated, ...changeAnnotations);
  if (change !== null) return [{ change: identity('The change', change) }];
  const containers = listAt(note.template, 'spec', 'containers');
  return revisionsOfImages(
    entry,
    containers.flatMap(container => textAt(container, 'image') ?? []),
  );
}

/** null if no traffic moves: a pause, an update of the spec, a finished analysis. */
function transitionOf(note: Notification): Transition | null {
  switch (note.trigger) {
    case 'on-traffic-weight-updated':
      return isInProgress(note) ? exposed(shareRouted(note), 'canary') : null;
    case 'on-rollout-step-completed':
      return isInProgress(note) ? exposed(shareOfStep(note), 'canary') : null;
    case 'on-switch-service':
      return switched(note);
    case 'on-rollout-completed':
      return exposed(fullWeight, strategyOf(note));
    case 'on-rollout-aborted':
      return aborted(note);
    case 'on-skip-steps':
      // An abort before the revert was reported already.
      return isInProgress(note) ? reverted(abandonedAttempts(note), shareHeld(note)) : null;
    default:
      return null;
  }
}

function exposed(weight: number | null, strategy: Strategy): Transition | null {
  return weight === null ? null : { kind: 'exposed', weight, strategy };
}

/** Whether new pods run beside stable ones. The very first rollout has no steps, and an abort ends the rollout. */
function isInProgress({ podHash, stableHash, aborted }: Notification): boolean {
  return podHash !== '' && stableHash !== '' && podHash !== stableHash && !aborted;
}

function strategyOf({ strategy, stableHash }: Notification): Strategy {
  if (stableHash === '') return 'direct';
  if (objectAt(strategy, 'blueGreen') !== null) return 'blue_green';
  return listAt(strategy, 'canary', 'steps').length > 0 ? 'canary' : 'rolling';
}

/**
 * A Service of the Rollout was switched; the notification does not say which. The controller switches the preview first,
 * in the reconciliation that finds a new spec, so a switch in a later one is that of the active Service.
 */
function switched(note: Notification): Transition | null {
  if (objectAt(note.strategy, 'blueGreen') === null || note.observed === false) return null;
  const active = textAt(note.status, 'blueGreen', 'activeSelector') ?? '';
  if (active !== '' && active !== note.stableHash && note.podHash === note.stableHash)
    return reverted([replacedAttempt(note, active)], fullWeight);
  const isPreviewed =
    textAt(note.strategy, 'blueGreen', 'previewService') === null ||
    textAt(note.status, 'blueGreen', 'previewSelector') === note.podHash;
  return isInProgress(note) && isPreviewed && active !== note.podHash
    ? exposed(fullWeight, 'blue_green')
    : null;
}

/** The spec went back before the rollout was complete. There is no other notification of its end. */
function reverted(attempts: readonly string[], weight: number | null): Transition {
  const reason = 'The spec went back to an earlier version before the rollout was complete.';
  return {
    kind: 'rolled back',
    attempts,
    cause: 'manual',
    reason,
    weight,
    time: null,
    isSpecOfAttempt: false,
  };
}

/** An abort by a person is in the status before the controller acts on it; an abort by an analysis is not yet. */
function aborted(note: Notification): Transition {
  const failure = failureOf(note);
  return {
    kind: 'rolled back',
    attempts: [attemptOf(note)],
    cause: note.aborted && failure === null ? 'manual' : 'automatic',
    reason: failure,
    weight: shareHeld(note),
    time: note.aborted ? timeAt(note.status, 'abortedAt') : null,
    isSpecOfAttempt: true,
  };
}

/** The message of the failed analysis; null if no analysis is known to have failed. */
function failureOf(note: Notification): string | null {
  const current = currentRunsOf(note);
  const names = current.map(run => textAt(run, 'name'));
  const run = note.runs.find(each => names.includes(each.name) && isFailed(each.phase));
  if (run) return `${run.name}: ${run.message ?? run.phase}`;
  const failed = current.find(each => isFailed(textAt(each, 'status')));
  if (failed) return textAt(failed, 'message') ?? 'An analysis failed.';
  const message = textAt(note.status, 'message') ?? '';
  return /^RolloutAborted: Rollout aborted update to revision \d+: (.+)$/s.exec(message)?.[1] ?? null;
}
