import type { Answer } from './measure.ts';

/** Prints what a program found, and tells the program that ran it, if one did. */
export function report(answers: readonly Answer[]): void {
  table(answers);
  process.send?.(answers);
}

export function table(answers: readonly Answer[]): void {
  console.table(
    answers.map(({ question, value, unit, baseline, ratio, goal, met }) => ({
      question,
      value: `${value} ${unit}`,
      baseline: baseline === null ? '–' : `${baseline} ${unit}`,
      ratio: ratio ?? '–',
      goal: goal || '–',
      met: met ?? '–',
    })),
  );
}
