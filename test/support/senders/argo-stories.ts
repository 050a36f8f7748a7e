import {
  type AnalysisRunFields,
  blueGreen,
  type ControllerNotification,
  next,
  notification,
  routed,
  stable,
  steps,
  unrouted,
  weighted,
} from '../../unit/services/collector/sources/argo-rollouts/payloads.ts';

/**
 * Whole rollouts of 2026-11-20: the controller's notifications, and the same story as a history of native events in the
 * form of `test/support/scenarios/scenario.ts`. Revision and change have the same number.
 */
export interface Story {
  /** What happens. */
  readonly title: string;
  readonly notifications: readonly ControllerNotification[];
  readonly history: string;
}

const analysed = (name: string, status = 'Running') => ({
  currentBackgroundAnalysisRunStatus: { name, status },
});
const failedRun: AnalysisRunFields = {
  name: 'checkout-868d98998a-2',
  phase: 'Failed',
  message: 'Metric "success-rate" assessed Failed due to failed (4) > failureLimit (3)',
  createdAt: '2026-11-20T10:00:40Z',
};
const secondRun: AnalysisRunFields = {
  name: 'checkout-868d98998a-2.1',
  phase: 'Running',
  createdAt: '2026-11-20T11:00:10Z',
};

/** The canary's pods start, and the first step gives them traffic. */
const begun: readonly ControllerNotification[] = [
  notification('10:00', 'on-rollout-updated', { status: { currentPodHash: stable, phase: 'Healthy' } }),
  // The router learns of pods that do not run yet: the weight is 0.
  notification('10:00:05', 'on-traffic-weight-updated', { status: { canary: weighted(0, stable) } }),
  notification('10:00:30', 'on-switch-service', { status: { canary: weighted(0) } }),
  notification('10:01', 'on-traffic-weight-updated', { status: { canary: weighted(0) } }),
  // A repeated notification by a controller that reads an old copy.
  notification('10:01:01', 'on-traffic-weight-updated', { status: { canary: weighted(0) } }),
  notification('10:01:02', 'on-rollout-step-completed', { status: { canary: weighted(0) } }),
  notification('10:01:03', 'on-rollout-paused', { status: { canary: weighted(25), currentStepIndex: 1 } }),
];
/** From the pause at 25 % on. */
const finished = (
  hour: string,
  fields = {},
  runs: readonly AnalysisRunFields[] = [],
): readonly ControllerNotification[] => [
  notification(
    `${hour}:10`,
    'on-rollout-step-completed',
    { ...fields, status: { canary: weighted(25), currentStepIndex: 1 } },
    runs,
  ),
  notification(
    `${hour}:11`,
    'on-traffic-weight-updated',
    { ...fields, status: { canary: weighted(25), currentStepIndex: 2 } },
    runs,
  ),
  notification(
    `${hour}:11:02`,
    'on-rollout-step-completed',
    { ...fields, status: { canary: weighted(50), currentStepIndex: 2 } },
    runs,
  ),
  notification(
    `${hour}:20`,
    'on-traffic-weight-updated',
    { ...fields, status: { canary: weighted(50), currentStepIndex: steps.length } },
    runs,
  ),
  notification(
    `${hour}:21`,
    'on-rollout-completed',
    { ...fields, status: { canary: weighted(100), currentStepIndex: steps.length } },
    runs,
  ),
  // The stable Service has the new pods now, and the canary needs no weight any more.
  notification(
    `${hour}:21:05`,
    'on-traffic-weight-updated',
    { ...fields, status: { stableRS: next, canary: weighted(100), currentStepIndex: steps.length } },
    runs,
  ),
];
const merged = '11-20 09:00 change_merged change=c2';
const at25 = '11-20 10:01 change_exposed rollout=r2 change=c2 weight=25 strategy=canary';

export const stories: readonly Story[] = [
  {
    title: 'a canary that succeeds',
    notifications: [...begun, ...finished('10')],
    history: `
      ${merged}
      ${at25}
      11-20 10:11 change_exposed rollout=r2 change=c2 weight=50 strategy=canary
      11-20 10:20 change_exposed rollout=r2 change=c2 weight=100 strategy=canary`,
  },
  {
    title: 'a canary that an analysis aborts at 25 %',
    notifications: [
      ...begun,
      notification(
        '10:06',
        'on-rollout-aborted',
        { status: { currentStepIndex: 1, canary: weighted(25, next, analysed(failedRun.name)) } },
        [failedRun],
      ),
      notification(
        '10:06:01',
        'on-traffic-weight-updated',
        { status: { abort: true, abortedAt: '2026-11-20T10:06:00Z', canary: weighted(25) } },
        [failedRun],
      ),
    ],
    history: `
      ${merged}
      ${at25}
      11-20 10:06 change_rolled_back rollout=r2 cause=automatic`,
  },
  {
    title: 'a canary that a person aborts at 25 %',
    notifications: [
      ...begun,
      notification('10:06', 'on-traffic-weight-updated', {
        status: { abort: true, phase: 'Paused', currentStepIndex: 1, canary: weighted(25) },
      }),
      notification('10:06', 'on-rollout-aborted', {
        status: { abort: true, phase: 'Paused', currentStepIndex: 1, canary: weighted(25) },
      }),
    ],
    history: `
      ${merged}
      ${at25}
      11-20 10:06 change_rolled_back rollout=r2 cause=manual`,
  },
  {
    title: 'a retry after an abort by analysis',
    notifications: [
      ...begun,
      notification(
        '10:06',
        'on-rollout-aborted',
        { status: { currentStepIndex: 1, canary: weighted(25, next, analysed(failedRun.name)) } },
        [failedRun],
      ),
      notification('11:01', 'on-traffic-weight-updated', { status: { canary: weighted(0) } }, [
        secondRun,
        failedRun,
      ]),
      ...finished('11', {}, [secondRun, failedRun]),
    ],
    history: `
      ${merged}
      ${at25}
      11-20 10:06 change_rolled_back rollout=r2 cause=automatic
      11-20 11:01 change_exposed rollout=r2-again change=c2 weight=25 strategy=canary
      11-20 11:11 change_exposed rollout=r2-again change=c2 weight=50 strategy=canary
      11-20 11:20 change_exposed rollout=r2-again change=c2 weight=100 strategy=canary`,
  },
  {
    title: 'a retry that is aborted again',
    notifications: [
      ...begun,
      notification(
        '10:06',
        'on-rollout-aborted',
        { status: { currentStepIndex: 1, canary: weighted(25, next, analysed(failedRun.name)) } },
        [failedRun],
      ),
      notification('11:01', 'on-traffic-weight-updated', { status: { canary: weighted(0) } }, [
        secondRun,
        failedRun,
      ]),
      notification(
        '11:04',
        'on-rollout-aborted',
        { status: { currentStepIndex: 1, canary: weighted(25, next, analysed(secondRun.name)) } },
        [{ ...secondRun, phase: 'Error' }, failedRun],
      ),
    ],
    history: `
      ${merged}
      ${at25}
      11-20 10:06 change_rolled_back rollout=r2 cause=automatic
      11-20 11:01 change_exposed rollout=r2-again change=c2 weight=25 strategy=canary
      11-20 11:04 change_rolled_back rollout=r2-again cause=automatic`,
  },
  {
    title: 'a revert of the spec in the middle of a canary',
    notifications: [
      ...begun,
      // The revision is incremented later; the image already is the old one.
      notification('10:07', 'on-skip-steps', {
        image: 'ghcr.io/acme/checkout:c1',
        generation: 8,
        status: { currentStepIndex: 1, canary: weighted(25) },
      }),
      notification('10:07:01', 'on-rollout-updated', {
        revision: 3,
        image: 'ghcr.io/acme/checkout:c1',
        status: { currentPodHash: stable, currentStepIndex: 4, canary: weighted(25) },
      }),
      notification('10:07:01', 'on-traffic-weight-updated', {
        revision: 3,
        image: 'ghcr.io/acme/checkout:c1',
        status: { currentPodHash: stable, currentStepIndex: 4, canary: weighted(25) },
      }),
    ],
    history: `
      ${merged}
      ${at25}
      11-20 10:07 change_rolled_back rollout=r2 cause=manual`,
  },
  {
    title: 'a canary without a router',
    notifications: [
      notification('10:01', 'on-rollout-step-completed', { strategy: unrouted }),
      notification('10:11', 'on-rollout-step-completed', {
        strategy: unrouted,
        status: { currentStepIndex: 2 },
      }),
      notification('10:20', 'on-rollout-completed', { strategy: unrouted, status: { currentStepIndex: 4 } }),
    ],
    history: `
      ${merged}
      ${at25}
      11-20 10:11 change_exposed rollout=r2 change=c2 weight=50 strategy=canary
      11-20 10:20 change_exposed rollout=r2 change=c2 weight=100 strategy=canary`,
  },
  {
    title: 'a blue/green switch that an analysis undoes afterwards',
    notifications: [
      // The preview: the spec is new, and the status is that of the previous version.
      notification('10:00', 'on-switch-service', {
        strategy: blueGreen,
        generation: 8,
        status: {
          currentPodHash: stable,
          blueGreen: { activeSelector: stable, previewSelector: stable },
        },
      }),
      notification('10:01', 'on-switch-service', {
        strategy: blueGreen,
        status: { blueGreen: { activeSelector: stable, previewSelector: next } },
      }),
      notification(
        '10:06',
        'on-rollout-aborted',
        {
          strategy: blueGreen,
          status: {
            blueGreen: {
              activeSelector: next,
              previewSelector: next,
              postPromotionAnalysisRunStatus: { name: failedRun.name, status: 'Running' },
            },
          },
        },
        [failedRun],
      ),
      notification('10:06:01', 'on-switch-service', {
        strategy: blueGreen,
        status: { abort: true, blueGreen: { activeSelector: next, previewSelector: next } },
      }),
    ],
    history: `
      ${merged}
      11-20 10:01 change_exposed rollout=r2 change=c2 weight=100 strategy=blue_green
      11-20 10:06 change_rolled_back rollout=r2 cause=automatic`,
  },
  {
    title: 'a blue/green switch that succeeds',
    notifications: [
      notification('10:01', 'on-switch-service', {
        strategy: blueGreen,
        status: { blueGreen: { activeSelector: stable, previewSelector: next } },
      }),
      notification('10:05', 'on-rollout-completed', {
        strategy: blueGreen,
        status: { blueGreen: { activeSelector: next, previewSelector: next } },
      }),
    ],
    history: `
      ${merged}
      11-20 10:01 change_exposed rollout=r2 change=c2 weight=100 strategy=blue_green`,
  },
  {
    title: 'a preview that is reverted before it serves traffic',
    notifications: [
      notification('10:03', 'on-switch-service', {
        strategy: blueGreen,
        image: 'ghcr.io/acme/checkout:c1',
        generation: 8,
        status: { blueGreen: { activeSelector: stable, previewSelector: next } },
      }),
    ],
    history: merged,
  },
  {
    title: 'a revert of the spec after a blue/green switch, while it is being analysed',
    notifications: [
      notification('10:01', 'on-switch-service', {
        strategy: blueGreen,
        status: { blueGreen: { activeSelector: stable, previewSelector: next } },
      }),
      notification('10:03', 'on-switch-service', {
        strategy: blueGreen,
        image: 'ghcr.io/acme/checkout:c1',
        generation: 8,
        status: { blueGreen: { activeSelector: next, previewSelector: next } },
      }),
      notification('10:04', 'on-switch-service', {
        strategy: blueGreen,
        revision: 3,
        image: 'ghcr.io/acme/checkout:c1',
        status: { currentPodHash: stable, blueGreen: { activeSelector: next, previewSelector: stable } },
      }),
    ],
    history: `
      ${merged}
      11-20 10:01 change_exposed rollout=r2 change=c2 weight=100 strategy=blue_green
      11-20 10:04 change_rolled_back rollout=r2 cause=manual`,
  },
  {
    title: 'the very first rollout, and the next one',
    notifications: [
      notification('09:30', 'on-rollout-completed', {
        revision: 1,
        image: 'ghcr.io/acme/checkout:c1',
        status: { currentPodHash: '', stableRS: '' },
      }),
      ...begun,
      ...finished('10'),
    ],
    history: `
      ${merged}
      11-20 09:30 change_exposed rollout=r1 change=c1 weight=100 strategy=direct
      ${at25}
      11-20 10:11 change_exposed rollout=r2 change=c2 weight=50 strategy=canary
      11-20 10:20 change_exposed rollout=r2 change=c2 weight=100 strategy=canary`,
  },
  {
    title: 'an undo after a rollout is complete',
    notifications: [
      notification('09:30', 'on-rollout-completed', {
        revision: 1,
        image: 'ghcr.io/acme/checkout:c1',
        status: { currentPodHash: '', stableRS: '' },
      }),
      ...begun,
      ...finished('10'),
      // The pods of the first rollout come back step by step, with a new revision.
      notification('12:01', 'on-traffic-weight-updated', {
        revision: 3,
        image: 'ghcr.io/acme/checkout:c1',
        status: { currentPodHash: stable, stableRS: next, canary: weighted(0, stable) },
      }),
      notification('12:05', 'on-rollout-completed', {
        revision: 3,
        image: 'ghcr.io/acme/checkout:c1',
        strategy: routed,
        status: { currentPodHash: stable, stableRS: next, canary: weighted(100, stable) },
      }),
    ],
    history: `
      ${merged}
      11-20 09:30 change_exposed rollout=r1 change=c1 weight=100 strategy=direct
      ${at25}
      11-20 10:11 change_exposed rollout=r2 change=c2 weight=50 strategy=canary
      11-20 10:20 change_exposed rollout=r2 change=c2 weight=100 strategy=canary
      11-20 12:01 change_exposed rollout=r3 change=c1 weight=25 strategy=canary
      11-20 12:05 change_exposed rollout=r3 change=c1 weight=100 strategy=canary`,
  },
];
