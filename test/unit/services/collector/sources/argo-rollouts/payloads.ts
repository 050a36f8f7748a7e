/**
 * Rollouts as Argo Rollouts' controller hands them to the notifications engine: with the status from before what the
 * trigger tells. The body of a notification has the same paths, so these are bodies too.
 */

const revisionKey = 'rollout.argoproj.io/revision';
/** The pods of the version that serves, and of the one that comes. */
export const [stable, next] = ['7d84d44bb8', '868d98998a'] as const;

export const steps = [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: { duration: '10m' } }];

type Fields = Readonly<Record<string, unknown>>;

export interface RolloutSays {
  readonly name?: string;
  readonly revision?: number;
  readonly image?: string;
  readonly generation?: number;
  readonly replicas?: number;
  readonly strategy?: Fields;
  readonly status?: Fields;
  readonly annotations?: Readonly<Record<string, string>>;
  /** On the pod template. */
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
/** Shares by pods. */
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
}: RolloutSays = {}) => ({
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

/** `status.canary` with the weight that the router was last told to give these pods. */
export const weighted = (weight: number, podTemplateHash: string = next, more: Fields = {}) => ({
  weights: {
    canary: { weight, podTemplateHash, serviceName: 'checkout-canary' },
    stable: { weight: 100 - weight, podTemplateHash: stable, serviceName: 'checkout' },
  },
  ...more,
});

export interface AnalysisRunSays {
  readonly name: string;
  readonly phase: string;
  readonly message?: string;
  /** RFC 3339 without fractions, as Kubernetes writes it. */
  readonly createdAt: string;
}

export const analysisRun = ({ name, phase, message, createdAt }: AnalysisRunSays) => ({
  metadata: { name, namespace: 'shop', creationTimestamp: createdAt },
  spec: { metrics: [{ name: 'success-rate' }] },
  status: { phase, ...(message !== undefined && { message }) },
});

/** What a controller tells at a moment of 2026-11-20, `hh:mm` or `hh:mm:ss`. */
export interface Told {
  readonly at: string;
  readonly trigger: string;
  readonly object: ReturnType<typeof rolloutObject>;
  readonly runs: readonly AnalysisRunSays[];
}

export const tells = (
  at: string,
  trigger: string,
  says: RolloutSays = {},
  runs: readonly AnalysisRunSays[] = [],
): Told => ({ at, trigger, object: rolloutObject(says), runs });

export const momentOf = (at: string) => `2026-11-20T${at.length === 5 ? `${at}:00` : at}.000Z`;

export const bodyOf = ({ at, trigger, object, runs }: Told) => ({
  trigger,
  sentAt: momentOf(at),
  rollout: object,
  analysisRuns: runs,
});
