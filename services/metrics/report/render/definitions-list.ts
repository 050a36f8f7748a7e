import { benchmarkYear } from '../charts/benchmarks.ts';

const definitions: readonly (readonly [title: string, text: string])[] = [
  [
    'Change failure ratio',
    'Rollouts that were rolled back in the week per rollout that first met real traffic in it; it may exceed 100\u00a0%.',
  ],
  ['Lead time', 'From the merge of a change to the first real traffic that it served.'],
  [
    'Time to restore',
    'From the first error alert of an outage to healthy; open incidents join when they are resolved.',
  ],
  [
    'Deployments per day',
    'Rollouts that first met real traffic, per day; the running week counts the days so far.',
  ],
  ['Rework ratio', 'The share of rollouts that were made to repair a failure.'],
  [
    'Recovery time',
    'Of outages blamed on a rollout their length; of other rollbacks the time since the exposure.',
  ],
  [
    '95\u00a0% interval',
    'Where the true ratio may lie, seen from so many samples (Wilson). Two weeks whose intervals overlap widely may not differ at all.',
  ],
  [
    `DORA’s answers, ${benchmarkYear}`,
    'Between which answers people choose in DORA’s survey, behind the numbers that ask the same: lead time (there from the commit on), recovery time, and how often one service is deployed. It asks for ratios without bands.',
  ],
];

/** What the numbers of the page mean. */
export function definitionsList(): string {
  const items = definitions.map(([title, text]) => `<dt>${title}</dt><dd>${text}</dd>`);
  return `<section aria-labelledby="meaning"><h2 id="meaning">What the numbers mean</h2>\n<dl>${items.join('\n')}</dl></section>`;
}
