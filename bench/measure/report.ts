import type { Answer } from './measure.ts';

/** Prints the answers of a program, and sends them to its parent process if there is one. */
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
