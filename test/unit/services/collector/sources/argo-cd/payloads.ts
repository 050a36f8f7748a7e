/** Applications as Argo CD's notifications controller sees them, and what our template sends of them. */

export interface HistoryEntry {
  readonly id: number;
  readonly revision: string;
  /** What the source sets beside the revision. */
  readonly parameters?: string;
}

export interface ApplicationSays {
  readonly name?: string;
  readonly phase?: string | null;
  readonly health?: string;
  readonly healthSince?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly revision?: string;
  readonly revisions?: readonly string[];
  readonly history?: readonly HistoryEntry[];
  readonly images?: readonly string[];
  /** Of the resources that the sync applied; empty as older releases of Argo CD leave it. */
  readonly appliedImages?: readonly string[];
  readonly kinds?: readonly string[];
  readonly namespace?: string;
  readonly repoURL?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const [first, second] = ['beef', 'c0ff'].map(part => part.repeat(10)) as [string, string];
export const revisions = { first, second };
const groups: Readonly<Record<string, string>> = { Rollout: 'argoproj.io', Canary: 'flagger.app' };
const history: readonly HistoryEntry[] = [
  { id: 11, revision: first },
  { id: 12, revision: second },
];

/** The object itself, in the parts that matter. */
export const applicationObject = (says: ApplicationSays = {}) => {
  const { name = 'checkout', namespace = 'shop', phase = 'Succeeded' } = says;
  const repoURL = says.repoURL ?? 'https://github.com/acme/gitops.git';
  const revision = says.revision ?? second;
  const sync = says.revisions === undefined ? { revision } : { revisions: says.revisions };
  return {
    metadata: {
      name,
      namespace: 'argocd',
      uid: '6a1f0b5c-0000-4000-8000-00000000a11c',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', ...says.annotations },
    },
    spec: {
      project: 'shop',
      destination: { server: 'https://kubernetes.default.svc', namespace },
      source: { repoURL, path: 'apps/checkout', helm: { values: 'password: "not for us"' } },
    },
    status: {
      sync: { status: 'Synced', ...sync },
      health: {
        status: says.health ?? 'Healthy',
        lastTransitionTime: says.healthSince ?? '2026-11-20T14:20:31Z',
      },
      ...(phase !== null && {
        operationState: {
          phase,
          startedAt: says.startedAt ?? '2026-11-20T14:19:50Z',
          finishedAt: says.finishedAt ?? '2026-11-20T14:20:05Z',
          syncResult: {
            ...sync,
            resources: [
              { kind: 'Service', name },
              { kind: 'Deployment', name, images: says.appliedImages ?? [] },
            ],
          },
        },
      }),
      resources: (says.kinds ?? ['Service', 'Deployment']).map(kind => ({
        kind,
        name,
        ...(groups[kind] !== undefined && { group: groups[kind] }),
      })),
      summary: { images: says.images ?? ['ghcr.io/acme/checkout:c2'] },
      history: (says.history ?? history).map(({ parameters, ...entry }) => ({
        ...entry,
        deployedAt: '2026-11-20T14:20:05Z',
        source: { repoURL, helm: { values: parameters ?? '' } },
      })),
    },
  };
};

/** What the template makes of it. */
export const applicationBody = (says: ApplicationSays = {}) => {
  const { metadata, spec, status } = applicationObject(says);
  const { syncResult, ...operation } = status.operationState ?? {};
  const applied = (says.appliedImages ?? []).length > 0 ? says.appliedImages : status.summary.images;
  return {
    sentAt: '2026-11-20T14:20:32.000Z',
    app: {
      ...metadata,
      controllers: status.resources.map(({ kind }) => kind).filter(kind => groups[kind] !== undefined),
      destination: { namespace: spec.destination.namespace },
      source: { repoURL: spec.source.repoURL },
      health: status.health,
      operation: { ...operation, revision: syncResult?.revision, revisions: syncResult?.revisions },
      images: applied,
      history: status.history.map(({ id, revision, source }) => ({
        id,
        revision,
        digest: JSON.stringify(source),
      })),
    },
  };
};
