import {
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectIn,
  textAt,
  timeAt,
  valueAt,
} from '../parsing/json.ts';
import { fail } from '../source.ts';

/**
 * A notification by a template of `examples/argo-rollouts/`: the trigger, which the engine itself does not send, and
 * parts of the Rollout. Its status is the one *before* the trigger's event: the controller records an event first and
 * patches the status afterwards.
 * @see https://github.com/argoproj/argo-rollouts/blob/v1.9.1/utils/record/record.go
 */
export interface Notification {
  /** `on-` and the reason of the Kubernetes event: `on-rollout-completed`. */
  readonly trigger: string;
  /** RFC 3339; null if the template sends none. */
  readonly sentAt: string | null;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Increases with every change of the pod template, also with a return to an older one. */
  readonly revision: number;
  /** Whether the controller has observed the current spec; null if unknown. */
  readonly observed: boolean | null;
  readonly rollout: JsonObject;
  readonly template: JsonObject | null;
  readonly strategy: JsonObject;
  readonly status: JsonObject;
  /** Hash of the pods of the current or latest rollout. */
  readonly podHash: string;
  /** Hash of the stable pods; empty before the first rollout is complete. */
  readonly stableHash: string;
  /** A person aborted the rollout, or the controller did and has updated the status. */
  readonly aborted: boolean;
  readonly runs: readonly AnalysisRun[];
}

/** An analysis of the rollout's pods and revision. */
export interface AnalysisRun {
  readonly name: string;
  readonly phase: string;
  readonly message: string | null;
  /** RFC 3339. */
  readonly createdAt: string;
}

/**
 * @returns null if it is no Rollout: a subscription for all objects also matches AnalysisRuns and Experiments
 * @throws {Unmappable} if it is not made by our templates, or lacks a field that every Rollout has
 */
export function notificationIn(body: Uint8Array): Notification | null {
  const payload = objectIn(body);
  const trigger = textAt(payload, 'trigger');
  const rollout = objectAt(payload, 'rollout');
  if (trigger === null || rollout === null)
    return fail(
      'The notification has no trigger or no rollout; use the templates of examples/argo-rollouts.',
    );
  const strategy = objectAt(rollout, 'spec', 'strategy');
  if (strategy === null) return null;
  const status = objectAt(rollout, 'status') ?? {};
  const field = (name: string) =>
    textAt(rollout, 'metadata', name) ?? fail(`The notification has no metadata.${name} of the Rollout.`);
  return {
    trigger,
    sentAt: timeAt(payload, 'sentAt'),
    namespace: field('namespace'),
    name: field('name'),
    uid: field('uid'),
    revision: revisionOf(rollout),
    observed: observedIn(rollout),
    rollout,
    template: objectAt(rollout, 'spec', 'template'),
    strategy,
    status,
    podHash: textAt(status, 'currentPodHash') ?? '',
    stableHash: textAt(status, 'stableRS') ?? '',
    aborted: valueAt(status, 'abort') === true,
    runs: listAt(payload, 'analysisRuns').flatMap(runOf),
  };
}

function revisionOf(rollout: JsonObject): number {
  const text = textAt(rollout, 'metadata', 'annotations', 'rollout.argoproj.io/revision') ?? '';
  return /^\d{1,15}$/.test(text)
    ? Number(text)
    : fail('The notification has no annotation rollout.argoproj.io/revision of the Rollout.');
}

/** Generations in the status are texts. A Rollout may use the template of a Deployment, which has its own generation. */
function observedIn(rollout: JsonObject): boolean | null {
  const generation = numberAt(rollout, 'metadata', 'generation');
  const observed = textAt(rollout, 'status', 'observedGeneration');
  if (generation === null || observed === null) return null;
  const workload = textAt(rollout, 'metadata', 'annotations', 'rollout.argoproj.io/workload-generation');
  const observedWorkload = textAt(rollout, 'status', 'workloadObservedGeneration');
  return String(generation) === observed && (workload === null || workload === observedWorkload);
}

function runOf(run: unknown): AnalysisRun[] {
  const name = textAt(run, 'name');
  const phase = textAt(run, 'phase');
  const createdAt = timeAt(run, 'createdAt');
  if (name === null || phase === null || createdAt === null) return [];
  return [{ name, phase, message: textAt(run, 'message'), createdAt }];
}

const currentRuns = [
  ['canary', 'currentBackgroundAnalysisRunStatus'],
  ['canary', 'currentStepAnalysisRunStatus'],
  ['blueGreen', 'prePromotionAnalysisRunStatus'],
  ['blueGreen', 'postPromotionAnalysisRunStatus'],
] as const;

/** The summaries in the status of the analyses of this attempt: name, status, message. */
export function currentRunsOf({ status }: Notification): readonly JsonObject[] {
  return currentRuns.map(path => objectAt(status, ...path)).filter(run => run !== null);
}

export const isFailed = (phase: string | null) => phase === 'Failed' || phase === 'Error';
