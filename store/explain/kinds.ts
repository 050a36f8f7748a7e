import { isMeasure, type Measure, measureNames, measures } from '../../domain/metrics/measures.ts';
import { type Reason, reasonDefinitions, reasons, type SubjectKind } from '../../domain/metrics/reasons.ts';
import type { Unobserved } from '../../domain/metrics/receipts.ts';
import { must } from '../../domain/must.ts';

/** What a row of a receipt is: an observation of a measure, something left out for a reason, or something never observed. */
export type Kind = Measure | Reason | Unobserved;

const unobserved = ['ever_exposed', 'ever_rolled_back'] as const satisfies readonly Unobserved[];

/** Kinds without a measure have numbers from here on, above every measure's. */
const firstNumber = 100_000;

/** The numbers by which statements know the kinds: of a measure its id. Rows of the same time come in their order. */
const numbers: ReadonlyMap<Kind, number> = new Map<Kind, number>([
  ...[...reasons, ...unobserved].map((kind, i): [Kind, number] => [kind, firstNumber + i]),
  ...measureNames.map((measure): [Kind, number] => [measure, measures[measure].id]),
]);

export const kinds: readonly Kind[] = [...numbers.keys()];

const byNumber: ReadonlyMap<number, Kind> = new Map([...numbers].map(([kind, number]) => [number, kind]));

export function kindNumber(kind: Kind): number {
  return must(numbers.get(kind), `kind ${kind} of a receipt`);
}

/** @throws {Error} where no kind has the number */
export function kindOf(number: number): Kind {
  return must(byNumber.get(number), `kind ${number} of a receipt`);
}

export const isKind = (value: unknown): value is Kind => numbers.keys().some(kind => kind === value);

/** What the rows of a kind are about. */
export function subjectOf(kind: Kind): SubjectKind {
  if (kind === 'ever_exposed' || kind === 'ever_rolled_back') return 'rollout';
  return isMeasure(kind) ? measures[kind].subject : reasonDefinitions[kind].subject;
}
