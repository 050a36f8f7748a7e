import { benchmarkYear } from '../charts/benchmarks.ts';
import { metrics } from '../headline.ts';

const definitions: readonly (readonly [title: string, text: string])[] = [
  ...metrics.map(({ title, meaning }) => [title, meaning] as const),
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
