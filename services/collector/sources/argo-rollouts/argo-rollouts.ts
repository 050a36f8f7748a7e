import type { Found } from '../../../../domain/catalogue/catalogue.ts';
import { fullWeight, type SentEvent } from '../../../../domain/events/event.ts';
import { annotationOf, changeAnnotations, type Named, namesOfImages } from '../parsing/kubernetes.ts';
import {
  describe,
  environmentOf,
  environmentOfNamespace,
  identified,
  identity,
  listAt,
  objectAt,
  serviceOf,
  textAt,
  timeAt,
  unknownAmong,
} from '../parsing/reading.ts';
import type { ParsedRequest, Source, ToolContext, ToolRequest } from '../source.ts';
import { abandonedAttempts, attemptOf, replacedAttempt } from './attempt.ts';
import { currentRunsOf, isFailed, type Notification, notificationIn } from './notification.ts';
import { shareHeld, shareOfStep, shareRouted } from './share.ts';

/** Argo Rollouts' notifications, by the templates of `examples/argo-rollouts/`. */
export const argoRollouts: Source = { tool: 'argo-rollouts', scheme: 'token', parse };

type Strategy = 'canary' | 'blue_green' | 'rolling' | 'direct';
type Cause = 'automatic' | 'manual';

/** What a notification says. */
type Saying =
  | { readonly says: 'exposed'; readonly weight: number; readonly strategy: Strategy }
  | {
      readonly says: 'rolled back';
      /** The attempt's names; of several all but one are nobody's. */
      readonly attempts: readonly string[];
      readonly cause: Cause;
      readonly reason: string | null;
      readonly weight: number | null;
      /** When, where it was before the notification. */
      readonly time: string | null;
      /** Whether the spec is still that of the attempt. */
      readonly isSpec: boolean;
    };

function parse(request: ToolRequest, { catalogue }: ToolContext): ParsedRequest {
  const note = notificationIn(request.body);
  const saying = note && sayingOf(note);
  if (!saying) return { events: [] };
  // The template's first: `undo` brings its annotations back, and leaves those of the Rollout.
  const written = [note.template, note.rollout];
  const service = serviceOf(request, catalogue, [
    annotationOf(written, 'dora/service') ?? note.name,
    `${note.namespace}/${note.name}`,
  ]);
  const environment =
    annotationOf(written, 'dora/environment') ?? environmentOfNamespace(catalogue, service, note.namespace);
  const time = (saying.says === 'rolled back' ? saying.time : null) ?? note.sentAt;
  const place = {
    service: service.name,
    environment: environmentOf(request, catalogue, service, environment),
    source: identity('The source', `argo-rollouts/${note.namespace}/${note.name}`),
    // Without one the time of receipt counts, and a repeat is the same event all the same.
    ...(time !== null && { time }),
  };
  return {
    events: eventsOf(note, saying, place, namesIn(note, written, service)).map(identified),
    ...unknownAmong([service]),
  };
}

type Place = { service: string; environment: string; source: string; time?: string };

function eventsOf(
  note: Notification,
  saying: Saying,
  place: Place,
  names: readonly Named[],
): readonly SentEvent[] {
  if (saying.says === 'exposed') {
    const { weight, strategy } = saying;
    const exposed = {
      type: 'change_exposed' as const,
      ...place,
      rollout: attemptOf(note),
      weight,
      strategy,
    };
    return names.length === 0 ? [exposed] : names.map(name => ({ ...exposed, ...name }));
  }
  const { attempts, cause, reason, weight, isSpec } = saying;
  return attempts.map(rollout => ({
    type: 'change_rolled_back',
    ...place,
    rollout,
    ...(isSpec && names[0]),
    ...(weight !== null && { weight }),
    cause,
    ...describe({ reason }),
  }));
}

function namesIn(note: Notification, written: readonly unknown[], { entry }: Found): readonly Named[] {
  const change = annotationOf(written, ...changeAnnotations);
  if (change !== null) return [{ change: identity('The change', change) }];
  const containers = listAt(note.template, 'spec', 'containers');
  return namesOfImages(
    entry,
    containers.flatMap(container => textAt(container, 'image') ?? []),
  );
}

/** null for what moves no traffic: a pause, an update of the spec, a finished analysis. */
function sayingOf(note: Notification): Saying | null {
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
      // What was aborted before has been told.
      return isInProgress(note) ? reverted(abandonedAttempts(note), shareHeld(note)) : null;
    default:
      return null;
  }
}

function exposed(weight: number | null, strategy: Strategy): Saying | null {
  return weight === null ? null : { says: 'exposed', weight, strategy };
}

/** Whether new pods stand beside stable ones: the first rollout of all runs no steps, and an abort gives all back. */
function isInProgress({ podHash, stableHash, aborted }: Notification): boolean {
  return podHash !== '' && stableHash !== '' && podHash !== stableHash && !aborted;
}

function strategyOf({ strategy, stableHash }: Notification): Strategy {
  if (stableHash === '') return 'direct';
  if (objectAt(strategy, 'blueGreen') !== null) return 'blue_green';
  return listAt(strategy, 'canary', 'steps').length > 0 ? 'canary' : 'rolling';
}

/**
 * Any of a Rollout's Services, of which it is not told which. The preview is switched first, in the round in which a
 * new spec is found, so what follows in a later round is the active one.
 */
function switched(note: Notification): Saying | null {
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

/** The spec went back before the rollout was complete; nothing else tells that the rollout has ended. */
function reverted(attempts: readonly string[], weight: number | null): Saying {
  const reason = 'The spec went back to an earlier version before the rollout was complete.';
  return { says: 'rolled back', attempts, cause: 'manual', reason, weight, time: null, isSpec: false };
}

/** Somebody's abort is in the status before the controller acts on it; an analysis' is not yet. */
function aborted(note: Notification): Saying {
  const failure = failureOf(note);
  return {
    says: 'rolled back',
    attempts: [attemptOf(note)],
    cause: note.aborted && failure === null ? 'manual' : 'automatic',
    reason: failure,
    weight: shareHeld(note),
    time: note.aborted ? timeAt(note.status, 'abortedAt') : null,
    isSpec: true,
  };
}

/** What the analysis said that failed; null where none is known to have. */
function failureOf(note: Notification): string | null {
  const current = currentRunsOf(note);
  const names = current.map(run => textAt(run, 'name'));
  const run = note.runs.find(each => names.includes(each.name) && isFailed(each.phase));
  if (run) return `${run.name}: ${run.message ?? run.phase}`;
  const short = current.find(each => isFailed(textAt(each, 'status')));
  if (short) return textAt(short, 'message') ?? 'An analysis failed.';
  const message = textAt(note.status, 'message') ?? '';
  return /^RolloutAborted: Rollout aborted update to revision \d+: (.+)$/s.exec(message)?.[1] ?? null;
}
