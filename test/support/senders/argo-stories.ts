import {
  type AnalysisRunSays,
  blueGreen,
  next,
  routed,
  stable,
  steps,
  type Told,
  tells,
  unrouted,
  weighted,
} from '../../unit/services/collector/sources/argo-rollouts/payloads.ts';

/**
 * Whole rollouts of 2026-11-20, as the controller tells them and as someone who sees all of it would: a history as
 * in `test/support/scenarios/scenario.ts`. The number of the revision and that of the change are the same.
 */
export interface Story {
  readonly says: string;
  readonly told: readonly Told[];
  readonly history: string;
}

const analysed = (name: string, status = 'Running') => ({
  currentBackgroundAnalysisRunStatus: { name, status },
});
const failedRun: AnalysisRunSays = {
  name: 'checkout-868d98998a-2',
  phase: 'Failed',
  message: 'Metric "success-rate" assessed Failed due to failed (4) > failureLimit (3)',
  createdAt: '2026-11-20T10:00:40Z',
};
const secondRun: AnalysisRunSays = {
  name: 'checkout-868d98998a-2.1',
  phase: 'Running',
  createdAt: '2026-11-20T11:00:10Z',
};

/** The canary's pods have come, and the first step gives them traffic. */
const begun: readonly Told[] = [
  tells('10:00', 'on-rollout-updated', { status: { currentPodHash: stable, phase: 'Healthy' } }),
  // The router learns of pods that are not there yet: the weight is 0.
  tells('10:00:05', 'on-traffic-weight-updated', { status: { canary: weighted(0, stable) } }),
  tells('10:00:30', 'on-switch-service', { status: { canary: weighted(0) } }),
  tells('10:01', 'on-traffic-weight-updated', { status: { canary: weighted(0) } }),
  // The same again, by a controller that reads an old copy.
  tells('10:01:01', 'on-traffic-weight-updated', { status: { canary: weighted(0) } }),
  tells('10:01:02', 'on-rollout-step-completed', { status: { canary: weighted(0) } }),
  tells('10:01:03', 'on-rollout-paused', { status: { canary: weighted(25), currentStepIndex: 1 } }),
];
/** From the pause at 25 % on. */
const finished = (hour: string, says = {}, runs: readonly AnalysisRunSays[] = []): readonly Told[] => [
  tells(
    `${hour}:10`,
    'on-rollout-step-completed',
    { ...says, status: { canary: weighted(25), currentStepIndex: 1 } },
    runs,
  ),
  tells(
    `${hour}:11`,
    'on-traffic-weight-updated',
    { ...says, status: { canary: weighted(25), currentStepIndex: 2 } },
    runs,
  ),
  tells(
    `${hour}:11:02`,
    'on-rollout-step-completed',
    { ...says, status: { canary: weighted(50), currentStepIndex: 2 } },
    runs,
  ),
  tells(
    `${hour}:20`,
    'on-traffic-weight-updated',
    { ...says, status: { canary: weighted(50), currentStepIndex: steps.length } },
    runs,
  ),
  tells(
    `${hour}:21`,
    'on-rollout-completed',
    { ...says, status: { canary: weighted(100), currentStepIndex: steps.length } },
    runs,
  ),
  // The stable Service has the new pods now, and the canary's weight is not needed any more.
  tells(
    `${hour}:21:05`,
    'on-traffic-weight-updated',
    { ...says, status: { stableRS: next, canary: weighted(100), currentStepIndex: steps.length } },
    runs,
  ),
];
const merged = '11-20 09:00 change_merged change=c2';
const at25 = '11-20 10:01 change_exposed rollout=r2 change=c2 weight=25 strategy=canary';

export const stories: readonly Story[] = [
  {
    says: 'a canary that succeeds',
    told: [...begun, ...finished('10')],
    history: `
      ${merged}
      ${at25}
      11-20 10:11 change_exposed rollout=r2 change=c2 weight=50 strategy=canary
      11-20 10:20 change_exposed rollout=r2 change=c2 weight=100 strategy=canary`,
  },
  {
    says: 'a canary that an analysis aborts at 25 %',
    told: [
      ...begun,
      tells(
        '10:06',
        'on-rollout-aborted',
        { status: { currentStepIndex: 1, canary: weighted(25, next, analysed(failedRun.name)) } },
        [failedRun],
      ),
      tells(
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
    says: 'a canary that somebody aborts at 25 %',
    told: [
      ...begun,
      tells('10:06', 'on-traffic-weight-updated', {
        status: { abort: true, phase: 'Paused', currentStepIndex: 1, canary: weighted(25) },
      }),
      tells('10:06', 'on-rollout-aborted', {
        status: { abort: true, phase: 'Paused', currentStepIndex: 1, canary: weighted(25) },
      }),
    ],
    history: `
      ${merged}
      ${at25}
      11-20 10:06 change_rolled_back rollout=r2 cause=manual`,
  },
  {
    says: 'a retry after an abort by analysis',
    told: [
      ...begun,
      tells(
        '10:06',
        'on-rollout-aborted',
        { status: { currentStepIndex: 1, canary: weighted(25, next, analysed(failedRun.name)) } },
        [failedRun],
      ),
      tells('11:01', 'on-traffic-weight-updated', { status: { canary: weighted(0) } }, [
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
    says: 'a retry that is aborted again',
    told: [
      ...begun,
      tells(
        '10:06',
        'on-rollout-aborted',
        { status: { currentStepIndex: 1, canary: weighted(25, next, analysed(failedRun.name)) } },
        [failedRun],
      ),
      tells('11:01', 'on-traffic-weight-updated', { status: { canary: weighted(0) } }, [
        secondRun,
        failedRun,
      ]),
      tells(
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
    says: 'a revert of the spec in the middle of a canary',
    told: [
      ...begun,
      // The revision is counted up after this; the image is the old one already.
      tells('10:07', 'on-skip-steps', {
        image: 'ghcr.io/acme/checkout:c1',
        generation: 8,
        status: { currentStepIndex: 1, canary: weighted(25) },
      }),
      tells('10:07:01', 'on-rollout-updated', {
        revision: 3,
        image: 'ghcr.io/acme/checkout:c1',
        status: { currentPodHash: stable, currentStepIndex: 4, canary: weighted(25) },
      }),
      tells('10:07:01', 'on-traffic-weight-updated', {
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
    says: 'a canary without a router',
    told: [
      tells('10:01', 'on-rollout-step-completed', { strategy: unrouted }),
      tells('10:11', 'on-rollout-step-completed', {
        strategy: unrouted,
        status: { currentStepIndex: 2 },
      }),
      tells('10:20', 'on-rollout-completed', { strategy: unrouted, status: { currentStepIndex: 4 } }),
    ],
    history: `
      ${merged}
      ${at25}
      11-20 10:11 change_exposed rollout=r2 change=c2 weight=50 strategy=canary
      11-20 10:20 change_exposed rollout=r2 change=c2 weight=100 strategy=canary`,
  },
  {
    says: 'a blue/green switch that an analysis undoes afterwards',
    told: [
      // The preview: the spec is new, and the status is that of the version before.
      tells('10:00', 'on-switch-service', {
        strategy: blueGreen,
        generation: 8,
        status: {
          currentPodHash: stable,
          blueGreen: { activeSelector: stable, previewSelector: stable },
        },
      }),
      tells('10:01', 'on-switch-service', {
        strategy: blueGreen,
        status: { blueGreen: { activeSelector: stable, previewSelector: next } },
      }),
      tells(
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
      tells('10:06:01', 'on-switch-service', {
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
    says: 'a blue/green switch that succeeds',
    told: [
      tells('10:01', 'on-switch-service', {
        strategy: blueGreen,
        status: { blueGreen: { activeSelector: stable, previewSelector: next } },
      }),
      tells('10:05', 'on-rollout-completed', {
        strategy: blueGreen,
        status: { blueGreen: { activeSelector: next, previewSelector: next } },
      }),
    ],
    history: `
      ${merged}
      11-20 10:01 change_exposed rollout=r2 change=c2 weight=100 strategy=blue_green`,
  },
  {
    says: 'a preview that is taken back before anybody saw it',
    told: [
      tells('10:03', 'on-switch-service', {
        strategy: blueGreen,
        image: 'ghcr.io/acme/checkout:c1',
        generation: 8,
        status: { blueGreen: { activeSelector: stable, previewSelector: next } },
      }),
    ],
    history: merged,
  },
  {
    says: 'a revert of the spec after a blue/green switch, while it is being analysed',
    told: [
      tells('10:01', 'on-switch-service', {
        strategy: blueGreen,
        status: { blueGreen: { activeSelector: stable, previewSelector: next } },
      }),
      tells('10:03', 'on-switch-service', {
        strategy: blueGreen,
        image: 'ghcr.io/acme/checkout:c1',
        generation: 8,
        status: { blueGreen: { activeSelector: next, previewSelector: next } },
      }),
      tells('10:04', 'on-switch-service', {
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
    says: 'the first rollout of all, and the next',
    told: [
      tells('09:30', 'on-rollout-completed', {
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
    says: 'an undo after a rollout is complete',
    told: [
      tells('09:30', 'on-rollout-completed', {
        revision: 1,
        image: 'ghcr.io/acme/checkout:c1',
        status: { currentPodHash: '', stableRS: '' },
      }),
      ...begun,
      ...finished('10'),
      // The same pods as at first come back under a revision of their own, step by step.
      tells('12:01', 'on-traffic-weight-updated', {
        revision: 3,
        image: 'ghcr.io/acme/checkout:c1',
        status: { currentPodHash: stable, stableRS: next, canary: weighted(0, stable) },
      }),
      tells('12:05', 'on-rollout-completed', {
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
