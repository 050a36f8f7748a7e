/** An event of Unleash as its webhook sends it. */
export function unleashEvent(type: string, fields: object = {}): object {
  return {
    id: 1042,
    type,
    createdBy: 'dev@example.com',
    createdByUserId: 7,
    createdAt: '2026-05-04T09:03:12.345Z',
    project: 'shop',
    environment: 'production',
    featureName: 'new-tax-engine',
    data: null,
    preData: null,
    tags: [],
    ...fields,
  };
}

/** A gradual rollout to a share in percent. */
export function gradual(rollout: string, fields: object = {}): object {
  return {
    id: '6f1c1e6e-0000-4000-8000-000000000001',
    name: 'flexibleRollout',
    parameters: { rollout, stickiness: 'default', groupId: 'new-tax-engine' },
    constraints: [],
    segments: [],
    ...fields,
  };
}
