/**
 * Compares this checkout with another one, such as the state before a change:
 * `npm run compare -- ../before http consume --pairs 5`.
 *
 * Each pair runs the question in the other checkout, then in this one, so that a load from outside slows both. The table
 * shows this checkout ÷ the other one, the median and then each pair: of the values, and of their ratios to the
 * baselines. The ratios are steadier where the baseline is no part of the product. It writes no file.
 */
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Answer, spreadOf } from './measure/measure.ts';
import { ask } from './measure/program.ts';

const { values, positionals } = parseArgs({
  options: { pairs: { type: 'string', default: '3' } },
  allowPositionals: true,
});
const [other, ...names] = positionals;
if (other === undefined || names.length === 0) {
  console.error('Usage: npm run compare -- FOLDER QUESTION… [--pairs N]');
  process.exit(2);
}
const pairs = Number(values.pairs);

for (const name of names) {
  const before: Answer[][] = [];
  const after: Answer[][] = [];
  for (let pair = 0; pair < pairs; pair++) {
    before.push([...(await ask(programIn(other, name), other))]);
    after.push([...(await ask(programIn('.', name), '.'))]);
  }
  compare(before, after);
}

/** A question is a file below `bench/questions`; it was one of `bench` itself in earlier states. */
function programIn(checkout: string, name: string): string {
  const [found] = [`bench/questions/**/${name}.ts`, `bench/${name}.ts`].flatMap(pattern =>
    globSync(pattern, { cwd: checkout }),
  );
  if (found === undefined) throw new Error(`${checkout} has no question ${name}`);
  return resolve(checkout, found);
}

function compare(before: readonly Answer[][], after: readonly Answer[][]): void {
  const first = after[0] ?? [];
  console.table(
    first.map(({ question, unit }, index) => {
      const ratios = (figure: (answer: Answer) => number | null) =>
        after.flatMap((answers, pair) => {
          const [own, others] = [answers[index], before[pair]?.[index]].map(each => each && figure(each));
          return own == null || others == null ? [] : [own / others];
        });
      return {
        question,
        unit,
        'value ÷ value': formatted(ratios(({ value }) => value)),
        'ratio ÷ ratio': formatted(ratios(({ ratio }) => ratio)),
      };
    }),
  );
}

/** `1.01: 0.98 1.01 1.04`, the median first. */
function formatted(ratios: readonly number[]): string {
  if (ratios.length === 0) return '–';
  return `${spreadOf(ratios).median.toFixed(3)}: ${ratios.map(ratio => ratio.toFixed(3)).join(' ')}`;
}
