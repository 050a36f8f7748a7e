import type { Product } from './product.ts';

/** A part of an action; its name says where it begins and ends. */
export interface Step {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

export interface Action {
  readonly name: string;
  /** Prepares what the action needs; not measured. */
  readonly prepare: () => Promise<unknown>;
  readonly steps: readonly Step[];
}

/** Sends every type of event once, so that no measured step is the first of its kind. */
export async function warmUp(product: Product): Promise<void> {
  const change = 'warm-up';
  for (const event of [
    { type: 'change_created', change },
    { type: 'change_merged', change },
    { type: 'change_exposed', change, weight: 5, strategy: 'canary' },
    { type: 'change_exposed', change, weight: 100, strategy: 'canary' },
    { type: 'incident_detected', incident: change, change },
    { type: 'incident_resolved', incident: change },
    { type: 'change_rolled_back', change, cause: 'manual' },
    { type: 'flag_changed', flag: 'tax', variant: 'on' },
  ])
    await product.refreshAfter(() => product.sendEvent(event));
}

/**
 * The actions that are measured. Each starts right after a refresh: the next refresh begins half a second after the
 * previous one at the earliest, which is later than the 202.
 */
export function actionsOn(product: Product): Action[] {
  let number = 0;
  const mergeChange = () =>
    product.refreshAfter(() => product.sendEvent({ type: 'change_merged', change: `change-${++number}` }));
  return [
    {
      name: 'one event: change_exposed of a merged change',
      prepare: mergeChange,
      steps: [
        {
          name: 'from HTTP to its 202',
          run: () => product.sendEvent({ type: 'change_exposed', change: `change-${number}` }),
        },
        { name: 'from its 202 to its line on /metrics', run: () => product.untilExposed() },
      ],
    },
    {
      name: 'one webhook: a merged pull request of GitHub',
      prepare: mergeChange,
      steps: [
        { name: 'from HTTP to its 202', run: () => product.sendPullRequest(number) },
        { name: 'from its 202 to the refreshed /metrics', run: () => product.untilRefreshed() },
      ],
    },
    {
      name: 'one receipt: the lead time of a service',
      prepare: mergeChange,
      steps: [
        {
          name: 'from HTTP to its answer',
          run: () => product.read('/api/v1/receipts?metric=lead_time_seconds&service=checkout'),
        },
      ],
    },
    {
      name: 'one scrape: /metrics, nothing changed',
      prepare: mergeChange,
      steps: [{ name: 'from HTTP to its answer', run: () => product.read('/metrics') }],
    },
  ];
}
