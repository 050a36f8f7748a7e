/** Middle, least and most of some figures. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Answer {
  readonly question: string;
  readonly value: number;
  readonly unit: string;
  /** The same measure of the baseline, taken in the same run. */
  readonly baseline: number;
  readonly goal: string;
  readonly met: boolean;
}

const roundsUsual = 7;

/**
 * Measures one thing and its baseline in turn, so that a machine that is busy for a while is busy for both.
 * The first round warms up and does not count.
 */
export async function alternate(
  measure: () => Promise<number>,
  baseline: () => Promise<number>,
  rounds = roundsUsual,
): Promise<{ readonly measured: Spread; readonly base: Spread }> {
  const measured: number[] = [];
  const base: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const pair = [await measure(), await baseline()] as const;
    if (round === 0) continue;
    measured.push(pair[0]);
    base.push(pair[1]);
  }
  return { measured: spreadOf(measured), base: spreadOf(base) };
}

function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(Math.floor(sorted.length / 2)), min: at(0), max: at(sorted.length - 1) };
}

/** `12.3 (11.0–14.9)` */
export function said({ median, min, max }: Spread): string {
  return `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`;
}
