/**
 * Runs the programs of all questions, prints one table and writes it to `bench/results.json` and `bench/README.md`:
 * `npm run bench`. `npm run bench -- http consume` runs some of them and keeps the other figures.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { basename } from 'node:path';
import type { Answer } from './measure/measure.ts';
import { ask } from './measure/program.ts';
import { withTable } from './measure/readme.ts';
import { table } from './measure/report.ts';

/** The programs below `bench/questions`, in the order in which they run. */
const programs = [
  'intake/http',
  'intake/ndjson',
  'intake/consume',
  'history/rebuild',
  'history/ten-million',
  'metrics/refresh',
  'metrics/scrape',
  'metrics/print',
  'metrics/visible',
  'metrics/weekly-page',
  'intake/import-git',
  'resources/memory',
  'resources/disk',
  'intake/extremes',
  'intake/growth',
  'metrics/growth-metrics',
];
const results = new URL('results.json', import.meta.url);
const readme = new URL('README.md', import.meta.url);

const asked = process.argv.slice(2);
const names = programs.map(program => basename(program));
const unknown = asked.filter(name => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}; there are ${names.join(', ')}.`);
  process.exit(2);
}

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
);
const known = asked.length === 0 ? [] : (JSON.parse(readFileSync(results, 'utf8')) as Answer[]);
let answers = known;
const isAsked = (program: string) => asked.length === 0 || asked.includes(basename(program));
for (const program of programs.filter(isAsked)) {
  console.log(`\n${program}`);
  const found = await ask(new URL(`questions/${program}.ts`, import.meta.url));
  const isNew = new Set(found.map(({ question }) => question));
  answers = [...answers.filter(({ question }) => !isNew.has(question)), ...found];
  writeFileSync(results, `${JSON.stringify(answers, null, 2)}\n`);
  writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), answers));
}
table(answers);
