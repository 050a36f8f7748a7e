import type { Numbers } from './report.ts';
import { counted, duration, nothing, percent, rate } from './words.ts';

/** One of the four numbers that lead the page. */
export interface Headline {
  readonly title: string;
  readonly detail: string;
  /** One sentence on what is measured. */
  readonly about: string;
  readonly say: (numbers: Numbers) => Said;
  /** What the trend draws; null is a gap. */
  readonly value: (numbers: Numbers) => number | null;
}

/** A number in words, and how many samples it stands on. */
export interface Said {
  readonly value: string;
  readonly sample: string;
}

const median = (name: string, sample: string) => ({
  value: (numbers: Numbers) => pick(numbers, `${name}_seconds`, '0.5'),
  say: (numbers: Numbers) => ({
    value: duration(pick(numbers, `${name}_seconds`, '0.5')),
    sample: counted(count(numbers, `${name}_samples`), sample),
  }),
});

export const headlines: readonly Headline[] = [
  {
    title: 'Change failure ratio',
    detail: 'rolled back ÷ exposed',
    about: 'Rollouts that were rolled back in the period per rollout that first met real traffic in it.',
    value: numbers => pick(numbers, 'change_failure_ratio'),
    say: numbers => {
      const exposed = count(numbers, 'exposed_changes');
      const failed =
        count(numbers, 'rolled_back_changes', 'contained') + count(numbers, 'rolled_back_changes', 'escaped');
      return {
        value: percent(pick(numbers, 'change_failure_ratio')),
        sample: exposed + failed === 0 ? counted(0, 'rollout') : `${failed} of ${exposed}`,
      };
    },
  },
  {
    title: 'Lead time',
    detail: 'median',
    about: 'From the merge of a change to the first real traffic that it served.',
    ...median('lead_time', 'change'),
  },
  {
    title: 'Time to restore',
    detail: 'median',
    about: 'From the first error alert of an outage to healthy; open incidents join when they are resolved.',
    ...median('time_to_restore', 'outage'),
  },
  {
    title: 'Deployments per day',
    detail: 'exposed rollouts',
    about:
      'Rollouts that first met real traffic, per day of the period; the running week counts the days so far.',
    value: numbers => pick(numbers, 'deployments_per_day'),
    say: numbers => {
      const exposed = count(numbers, 'exposed_changes');
      return {
        value: exposed === 0 ? nothing : rate(pick(numbers, 'deployments_per_day')),
        sample: counted(exposed, 'rollout'),
      };
    },
  },
];

/**
 * A number of a report by its name and label values: `pick(numbers, 'lead_time_seconds', '0.5')`.
 * @throws {TypeError} when there is no such number
 */
export function pick(numbers: Numbers, ...path: string[]): number | null {
  let found: Numbers[string] | undefined = numbers;
  for (const name of path) found = typeof found === 'object' ? found?.[name] : undefined;
  if (found === null || typeof found === 'number') return found;
  throw new TypeError(`no number is called ${path.join(' ')}`);
}

function count(numbers: Numbers, ...path: string[]): number {
  return pick(numbers, ...path) ?? 0;
}
