/** What an observation, or something that is left out, is of. */
export type SubjectKind = 'rollout' | 'change' | 'outage' | 'incident';

interface ReasonDefinition {
  readonly subject: SubjectKind;
  /** The end of a sentence that begins with the subject. */
  readonly text: string;
}

/**
 * The reasons why something of a period is part of no number, or not of the one that is asked about, in the order in
 * which receipts list them. Those that are findings have the name of the finding.
 */
export const reasonDefinitions = {
  merge_unknown: {
    subject: 'change',
    text: 'was exposed, but nobody told of its merge: it has no lead time',
  },
  merged_after_exposure: {
    subject: 'change',
    text: 'was merged after its first exposure: it has no lead time',
  },
  rollback_unexposed: {
    subject: 'rollout',
    text: 'was rolled back, but nobody told of its exposure: it counts once that is known',
  },
  blame_unknown: {
    subject: 'incident',
    text: 'names rollouts or changes, none of which could be blamed',
  },
  resolution_undetected: {
    subject: 'incident',
    text: 'was resolved, but nobody told of its detection: it has no length',
  },
  drill_exposed: {
    subject: 'rollout',
    text: 'is a drill: it is shown, and counted nowhere',
  },
  drill_rolled_back: {
    subject: 'rollout',
    text: 'is a drill: its rollback is shown, and counted nowhere',
  },
  return_exposed: {
    subject: 'rollout',
    text: 'is an older version coming back: it is no exposure of its own, and rolled back what it replaced',
  },
  return_rolled_back: {
    subject: 'rollout',
    text: 'is an older version coming back: its own rollback is counted nowhere',
  },
  open: {
    subject: 'incident',
    text: 'is open: it joins when it is resolved',
  },
  not_blamed: {
    subject: 'outage',
    text: 'is blamed on no rollout: it was no failed deployment',
  },
  blamed: {
    subject: 'rollout',
    text: 'is blamed for an incident: the outage counts in its place',
  },
  rolled_back_before_exposure: {
    subject: 'rollout',
    text: 'was rolled back before its exposure: there was nothing to recover from',
  },
  created_unknown: {
    subject: 'change',
    text: 'has a lead time, but nobody told of its creation',
  },
  created_after_merge: {
    subject: 'change',
    text: 'has a lead time, but was created after its merge',
  },
  never_full: {
    subject: 'change',
    text: 'has a lead time, but the rollout that exposed it never had all traffic',
  },
} as const satisfies Readonly<Record<string, ReasonDefinition>>;

export type Reason = keyof typeof reasonDefinitions;
export const reasons = Object.keys(reasonDefinitions) as readonly Reason[];

/** A reason in words, as the end of a sentence that begins with the thing that is left out. */
export function reasonText(reason: Reason): string {
  return reasonDefinitions[reason].text;
}
