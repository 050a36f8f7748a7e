/** Applications as Argo CD's notifications controller has them, and the bodies that our template makes of them. */

export interface HistoryEntry {
  readonly id: number;
  readonly revision: string;
  /** Parameters of the source besides the revision. */
  readonly parameters?: string;
}

export interface ApplicationFields {
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
  /** Images of the resources that the sync applied; older releases of Argo CD leave them empty. */
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

/** The application, with the relevant parts. */
export const applicationObject = (fields: ApplicationFields = {}) => {
  const { name = 'checkout', namespace = 'shop', phase = 'Succeeded' } = fields;
  const repoURL = fields.repoURL ?? 'https://github.com/acme/gitops.git';
  const revision = fields.revision ?? second;
  const sync = fields.revisions === undefined ? { revision } : { revisions: fields.revisions };
  return {
    metadata: {
      name,
      namespace: 'argocd',
      uid: '6a1f0b5c-0000-4000-8000-00000000a11c',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', ...fields.annotations },
    },
    spec: {
      project: 'shop',
      destination: { server: 'https://kubernetes.default.svc', namespace },
      source: { repoURL, path: 'apps/checkout', helm: { values: 'password: "not for us"' } },
    },
    status: {
      sync: { status: 'Synced', ...sync },
      health: {
        status: fields.health ?? 'Healthy',
        lastTransitionTime: fields.healthSince ?? '2026-11-20T14:20:31Z',
      },
      ...(phase !== null && {
        operationState: {
          phase,
          startedAt: fields.startedAt ?? '2026-11-20T14:19:50Z',
          finishedAt: fields.finishedAt ?? '2026-11-20T14:20:05Z',
          syncResult: {
            ...sync,
            resources: [
              { kind: 'Service', name },
              { kind: 'Deployment', name, images: fields.appliedImages ?? [] },
            ],
          },
        },
      }),
      resources: (fields.kinds ?? ['Service', 'Deployment']).map(kind => ({
        kind,
        name,
        ...(groups[kind] !== undefined && { group: groups[kind] }),
      })),
      summary: { images: fields.images ?? ['ghcr.io/acme/checkout:c2'] },
      history: (fields.history ?? history).map(({ parameters, ...entry }) => ({
        ...entry,
        deployedAt: '2026-11-20T14:20:05Z',
        source: { repoURL, helm: { values: parameters ?? '' } },
      })),
    },
  };
};

/** The body that the template makes of the application. */
export const applicationBody = (fields: ApplicationFields = {}) => {
  const { metadata, spec, status } = applicationObject(fields);
  const { syncResult, ...operation } = status.operationState ?? {};
  const applied = (fields.appliedImages ?? []).length > 0 ? fields.appliedImages : status.summary.images;
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
