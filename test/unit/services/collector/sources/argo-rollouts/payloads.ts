/**
 * Rollouts as Argo Rollouts' controller gives them to the notifications engine: with the status before the trigger's
 * event. The body of a notification has the same paths.
 */

const revisionKey = 'rollout.argoproj.io/revision';
/** Hashes of the pods of the stable version and of the new version. */
export const [stable, next] = ['7d84d44bb8', '868d98998a'] as const;

export const steps = [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: { duration: '10m' } }];

type Fields = Readonly<Record<string, unknown>>;

export interface RolloutFields {
  readonly name?: string;
  readonly revision?: number;
  readonly image?: string;
  readonly generation?: number;
  readonly replicas?: number;
  readonly strategy?: Fields;
  readonly status?: Fields;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Annotations of the pod template. */
  readonly podAnnotations?: Readonly<Record<string, string>>;
}

export const routed = {
  canary: {
    canaryService: 'checkout-canary',
    stableService: 'checkout',
    steps,
    trafficRouting: { nginx: { stableIngress: 'checkout' } },
  },
};
/** Without a router: the share is that of the pods. */
export const unrouted = { canary: { steps, maxSurge: 0 } };
export const blueGreen = {
  blueGreen: {
    activeService: 'checkout',
    previewService: 'checkout-preview',
    autoPromotionEnabled: false,
  },
};

export const rolloutObject = ({
  name = 'checkout',
  revision = 2,
  image = 'ghcr.io/acme/checkout:c2',
  generation = 7,
  replicas = 4,
  strategy = routed,
  status = {},
  annotations = {},
  podAnnotations = {},
}: RolloutFields = {}) => ({
  metadata: {
    name,
    namespace: 'shop',
    uid: 'b350ba76-f6ed-4f00-a15b-42010aa80033',
    generation,
    resourceVersion: '28253567',
    labels: { app: name },
    annotations: { [revisionKey]: String(revision), ...annotations },
  },
  spec: {
    replicas,
    strategy,
    template: {
      metadata: { labels: { app: name }, annotations: podAnnotations },
      spec: { containers: [{ name, image, ports: [{ containerPort: 8080 }] }] },
    },
  },
  status: {
    phase: 'Progressing',
    observedGeneration: '7',
    currentPodHash: next,
    stableRS: stable,
    currentStepIndex: 0,
    replicas,
    conditions: [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' }],
    blueGreen: {},
    canary: {},
    ...status,
  },
});

/** `status.canary` with the weight that the router was last set to for these pods. */
export const weighted = (weight: number, podTemplateHash: string = next, more: Fields = {}) => ({
  weights: {
    canary: { weight, podTemplateHash, serviceName: 'checkout-canary' },
    stable: { weight: 100 - weight, podTemplateHash: stable, serviceName: 'checkout' },
  },
  ...more,
});

export interface AnalysisRunFields {
  readonly name: string;
  readonly phase: string;
  readonly message?: string;
  /** RFC 3339 without fractions, as Kubernetes writes it. */
  readonly createdAt: string;
}

export const analysisRun = ({ name, phase, message, createdAt }: AnalysisRunFields) => ({
  metadata: { name, namespace: 'shop', creationTimestamp: createdAt },
  spec: { metrics: [{ name: 'success-rate' }] },
  status: { phase, ...(message !== undefined && { message }) },
});

/** A notification of the controller on 2026-11-20; `at` is `hh:mm` or `hh:mm:ss`. */
export interface ControllerNotification {
  readonly at: string;
  readonly trigger: string;
  readonly object: ReturnType<typeof rolloutObject>;
  readonly runs: readonly AnalysisRunFields[];
}

export const notification = (
  at: string,
  trigger: string,
  fields: RolloutFields = {},
  runs: readonly AnalysisRunFields[] = [],
): ControllerNotification => ({ at, trigger, object: rolloutObject(fields), runs });

export const timeOn20November = (at: string) => `2026-11-20T${at.length === 5 ? `${at}:00` : at}.000Z`;

export const bodyOf = ({ at, trigger, object, runs }: ControllerNotification) => ({
  trigger,
  sentAt: timeOn20November(at),
  rollout: object,
  analysisRuns: runs,
});
