import { fullWeight } from '../../../../domain/events/event.ts';

/**
 * Parses Flagger's English messages about traffic, which are format strings in its `pkg/controller/scheduler.go`.
 */

export type Strategy = 'canary' | 'blue_green' | 'ab_test' | 'rolling' | 'direct';

/** What happened to the rollout. */
export type Transition =
  | {
      readonly kind: 'exposed';
      /** Percent of traffic on the new version. */
      readonly weight: number;
      readonly strategy?: Strategy;
    }
  /** A newer version replaced this one during its analysis. The metadata may already be that of the newer version. */
  | { readonly kind: 'withdrawn' }
  /** The first version of a canary, which has no analysis. */
  | { readonly kind: 'initialized' }
  | { readonly kind: 'rolled back'; readonly cause: 'automatic' | 'manual' };

/** Stands for a share that is above 0 but unknown. */
const unknownWeight = 1;

type Interpretation = (match: RegExpExecArray, strategy: Strategy | null) => Transition | null;

const exposed = (weight: number, strategy?: Strategy | null): Transition => ({
  kind: 'exposed',
  weight,
  ...(strategy && { strategy }),
});

const interpretations: readonly (readonly [RegExp, Interpretation])[] = [
  [/^Initialization done! /, () => ({ kind: 'initialized' })],
  [/^New revision detected! Restarting analysis for /, () => ({ kind: 'withdrawn' })],
  [/^Advance \S+ canary weight (\d{1,9})$/, ([, weight]) => exposed(Math.min(Number(weight), 100), 'canary')],
  // An iteration of A/B testing routes the matching requests; an iteration of blue/green moves no traffic.
  [
    /^Advance \S+ canary iteration \d+\/\d+$/,
    (_, strategy) => (strategy === 'ab_test' ? exposed(unknownWeight, strategy) : null),
  ],
  [
    /^(?:Routing all traffic to canary|Stop traffic mirroring and route all traffic to canary)$/,
    () => exposed(fullWeight, 'blue_green'),
  ],
  // Without a traffic router, blue/green exposes by copying the spec, and this is its only message before the end.
  [
    /^Copying \S+ template spec to \S+$/,
    (_, strategy) => (strategy === 'blue_green' ? exposed(fullWeight, strategy) : null),
  ],
  // The primary already runs the new version, so traffic that moves there stays with the new version.
  [
    /^(?:Advance \S+ primary weight \d+|Routing all traffic to primary)$/,
    (_, strategy) => exposed(fullWeight, strategy),
  ],
  [/^Promotion completed! Canary analysis was skipped for /, () => exposed(fullWeight, 'direct')],
  [/^Promotion completed! /, (_, strategy) => exposed(fullWeight, strategy)],
  // All traffic stays with the canary, which runs the new version.
  [/^Promotion of \S+ failed, primary not ready/, (_, strategy) => exposed(fullWeight, strategy)],
  [/^Rolling back \S+ manual webhook invoked$/, () => ({ kind: 'rolled back', cause: 'manual' })],
  [/^(?:Rolling back|Canary failed! Scaling down) /, () => ({ kind: 'rolled back', cause: 'automatic' })],
];

/**
 * @param strategy the strategy in the metadata, which some messages do not name
 * @returns null if the message is not about traffic
 */
export function transitionOf(message: string, strategy: Strategy | null): Transition | null {
  for (const [pattern, interpret] of interpretations) {
    const match = pattern.exec(message);
    if (match) return interpret(match, strategy);
  }
  return null;
}
