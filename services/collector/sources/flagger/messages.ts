import { fullWeight } from '../../../../domain/events/event.ts';

/**
 * What Flagger's English messages say of traffic. They are format strings in its `pkg/controller/scheduler.go`.
 */

export type Strategy = 'canary' | 'blue_green' | 'ab_test' | 'rolling' | 'direct';

export type Phase =
  | {
      readonly says: 'exposed';
      /** Percent of traffic on the new version. */
      readonly weight: number;
      readonly strategy?: Strategy;
    }
  /** A newer version took the place of this one in mid-analysis; its metadata may be of the newer one already. */
  | { readonly says: 'withdrawn' }
  /** The first version of a canary: there was nothing to compare it with. */
  | { readonly says: 'initialized' }
  | { readonly says: 'rolled back'; readonly cause: 'automatic' | 'manual' };

/** A share that is above 0 but unknown. */
const someWeight = 1;

type Reading = (match: RegExpExecArray, strategy: Strategy | null) => Phase | null;

const exposed = (weight: number, strategy?: Strategy | null): Phase => ({
  says: 'exposed',
  weight,
  ...(strategy && { strategy }),
});

const readings: readonly (readonly [RegExp, Reading])[] = [
  [/^Initialization done! /, () => ({ says: 'initialized' })],
  [/^New revision detected! Restarting analysis for /, () => ({ says: 'withdrawn' })],
  [/^Advance \S+ canary weight (\d{1,9})$/, ([, weight]) => exposed(Math.min(Number(weight), 100), 'canary')],
  // An iteration of A/B testing has routed the matching requests; one of blue/green moves nobody.
  [
    /^Advance \S+ canary iteration \d+\/\d+$/,
    (_, strategy) => (strategy === 'ab_test' ? exposed(someWeight, strategy) : null),
  ],
  [
    /^(?:Routing all traffic to canary|Stop traffic mirroring and route all traffic to canary)$/,
    () => exposed(fullWeight, 'blue_green'),
  ],
  // Where traffic cannot be split, blue/green exposes by copying, and says nothing else before it is done.
  [
    /^Copying \S+ template spec to \S+$/,
    (_, strategy) => (strategy === 'blue_green' ? exposed(fullWeight, strategy) : null),
  ],
  // The primary runs the new version by now: traffic that goes there does not go back.
  [
    /^(?:Advance \S+ primary weight \d+|Routing all traffic to primary)$/,
    (_, strategy) => exposed(fullWeight, strategy),
  ],
  [/^Promotion completed! Canary analysis was skipped for /, () => exposed(fullWeight, 'direct')],
  [/^Promotion completed! /, (_, strategy) => exposed(fullWeight, strategy)],
  // All traffic stays with the canary, which is the new version.
  [/^Promotion of \S+ failed, primary not ready/, (_, strategy) => exposed(fullWeight, strategy)],
  [/^Rolling back \S+ manual webhook invoked$/, () => ({ says: 'rolled back', cause: 'manual' })],
  [/^(?:Rolling back|Canary failed! Scaling down) /, () => ({ says: 'rolled back', cause: 'automatic' })],
];

/**
 * @param strategy what the user says it is, which some messages leave open
 * @returns null where the message says nothing of traffic
 */
export function phaseOf(message: string, strategy: Strategy | null): Phase | null {
  for (const [pattern, reading] of readings) {
    const match = pattern.exec(message);
    if (match) return reading(match, strategy);
  }
  return null;
}
