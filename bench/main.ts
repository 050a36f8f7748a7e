/** Every benchmark, side by side with its baseline: `npm run bench`. */
import { writeFileSync } from 'node:fs';
import type { Answer } from './measure.ts';
import { weeklyPage } from './weekly-page.ts';

const answers: Answer[] = [];
for (const ask of [weeklyPage]) answers.push(...(await ask()));
console.table(
  answers.map(({ question, value, unit, baseline, goal, met }) => ({
    question,
    value: `${value.toFixed(1)} ${unit}`,
    baseline: `${baseline.toFixed(1)} ${unit}`,
    goal,
    met,
  })),
);
writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(answers, null, 2)}\n`);
