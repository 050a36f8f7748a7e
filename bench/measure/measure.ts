/** Median, least and greatest of some figures. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One line of `bench/results.json`. */
export interface Answer {
  readonly question: string;
  /** The median of the rounds. */
  readonly value: number;
  readonly unit: string;
  /** The same measure of the baseline, taken in the same run; null where there is nothing to compare with. */
  readonly baseline: number | null;
  /** The median of the ratios of each round, value to baseline; null without a baseline. */
  readonly ratio: number | null;
  readonly goal: string;
  /** Null without a goal. */
  readonly met: boolean | null;
}

/** A question with its goal. */
export interface Question {
  readonly question: string;
  readonly unit: string;
  readonly goal: Goal;
}

/** A bound of the ratio or of the value itself, or none. */
export type Goal =
  | { readonly ratio: 'at least' | 'at most'; readonly of: number }
  | { readonly value: 'at least' | 'at most'; readonly of: number }
  | null;

/** Figures of rounds: the n-th baseline was measured right after the n-th value. */
export interface Rounds {
  readonly measured: readonly number[];
  readonly base: readonly number[];
}

/** Rounds per figure, after one that warms up. `BENCH_ROUNDS=1` shows quickly whether a program works. */
export const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5);

/**
 * Measures one thing and its baseline in turn, so that a machine that is busy for a while is busy for both.
 * The first round warms up and does not count.
 */
export async function alternate(
  measure: (round: number) => Promise<number>,
  baseline: (round: number) => Promise<number>,
): Promise<Rounds> {
  const measured: number[] = [];
  const base: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const pair = [await measure(round), await baseline(round)] as const;
    if (round === 0) continue;
    measured.push(pair[0]);
    base.push(pair[1]);
  }
  return { measured, base };
}

/** Computes the answer to a question from its rounds, and prints it with their spread. */
export function answer({ question, unit, goal }: Question, { measured, base }: Rounds): Answer {
  const value = spreadOf(measured);
  const baseline = base.length === 0 ? null : spreadOf(base);
  const ratios = base.map((figure, round) => (measured[round] ?? Number.NaN) / figure);
  const ratio = base.length === 0 ? null : spreadOf(ratios);
  console.log(
    `${question}: ${formatSpread(value)} ${unit}` +
      (baseline === null ? '' : `; baseline ${formatSpread(baseline)} ${unit}`) +
      (ratio === null ? '' : `; ratio ${formatSpread(ratio, 3)}`),
  );
  return {
    question,
    value: rounded(value.median),
    unit,
    baseline: baseline === null ? null : rounded(baseline.median),
    ratio: ratio === null ? null : rounded(ratio.median),
    goal: goalText(goal, unit),
    met: isMet(goal, value.median, ratio?.median ?? null),
  };
}

export function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(Math.floor(sorted.length / 2)), min: at(0), max: at(sorted.length - 1) };
}

/** `12.3 (11.0–14.9)` */
export function formatSpread({ median, min, max }: Spread, digits = 1): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function goalText(goal: Goal, unit: string): string {
  if (goal === null) return '';
  if ('ratio' in goal) return `ratio ${goal.ratio === 'at least' ? '≥' : '≤'} ${goal.of}`;
  return `${goal.value === 'at least' ? '≥' : '≤'} ${goal.of} ${unit}`;
}

function isMet(goal: Goal, value: number, ratio: number | null): boolean | null {
  if (goal === null) return null;
  const figure = 'ratio' in goal ? (ratio ?? Number.NaN) : value;
  const bound = 'ratio' in goal ? goal.ratio : goal.value;
  return bound === 'at least' ? figure >= goal.of : figure <= goal.of;
}

/** More than four digits would be noise. */
const rounded = (figure: number): number => Number(figure.toPrecision(4));
