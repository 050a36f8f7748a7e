import { type Measure, measures } from '../../domain/metrics/definitions.ts';
import { type Reason, reasons, type Unobserved } from '../../domain/metrics/receipts.ts';

/** What a row of a receipt is: an observation of a measure, something left out for a reason, or something never observed. */
export type Kind = Measure | Reason | Unobserved;

const unobserved: readonly Kind[] = ['ever_exposed', 'ever_rolled_back'];

/** All kinds. Their order here is the order of rows of the same time, and their index is the number that statements use. */
export const kinds: readonly Kind[] = [...new Set<Kind>([...measures, ...reasons, ...unobserved])];

export const isKind = (value: unknown): value is Kind => kinds.some(kind => kind === value);

/** What a row is about. */
export type SubjectKind = 'rollout' | 'change' | 'outage' | 'incident';

const ofChanges: ReadonlySet<Kind> = new Set<Kind>([
  'lead_time',
  'created_to_merged',
  'exposed_to_full',
  'merge_unknown',
  'merged_after_exposure',
  'created_unknown',
  'created_after_merge',
  'never_full',
]);
const ofOutages: ReadonlySet<Kind> = new Set<Kind>(['restored', 'outage_recovered', 'not_blamed']);
const ofIncidents: ReadonlySet<Kind> = new Set<Kind>([
  'blame_inferred',
  'blame_unknown',
  'resolution_undetected',
  'open',
]);

/** What the rows of a kind are about. */
export function subjectOf(kind: Kind): SubjectKind {
  if (ofChanges.has(kind)) return 'change';
  if (ofOutages.has(kind)) return 'outage';
  return ofIncidents.has(kind) ? 'incident' : 'rollout';
}
