/** An entry of LaunchDarkly's audit log about one flag in one environment, as its webhook sends it. */
export function launchdarklyEntry(actions: readonly string[], fields: object = {}): object {
  const resource = 'proj/shop;eu:env/production;critical:flag/new-tax-engine;tax';
  return {
    _links: { site: { href: '/shop/production/features/new-tax-engine', type: 'text/html' } },
    _id: '673f0a8e2996909074352996',
    _accountId: '569f183514f4432160000007',
    date: Date.parse('2026-05-04T09:03:12.345Z'),
    kind: 'flag',
    name: 'New tax engine',
    comment: 'ramp',
    member: { _id: '569f183514f4432160000008', email: 'dev@example.com' },
    target: { name: 'New tax engine', resources: [resource] },
    accesses: actions.map(action => ({ action, resource })),
    titleVerb: 'updated the flag',
    title: '[Dev](mailto:dev@example.com) updated the flag',
    ...fields,
  };
}

/** A version of the flag, with its settings in production. */
export function flagVersion(settings: object): object {
  return {
    key: 'new-tax-engine',
    variations: [{ value: true }, { value: false }],
    environments: { production: { on: true, targets: [], rules: [], ...settings } },
  };
}

/** A rollout of the first variation, with weights in thousandths of a percent. */
export function rolloutTo(percent: number): object {
  return {
    fallthrough: {
      rollout: {
        variations: [
          { variation: 0, weight: percent * 1_000 },
          { variation: 1, weight: 100_000 - percent * 1_000 },
        ],
      },
    },
  };
}
