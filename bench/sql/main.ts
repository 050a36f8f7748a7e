/**
 * Prints a statement of the store as it is sent, ready for psql, with its plan on a filled database:
 *
 *     npm run sql                      lists the names
 *     npm run sql -- NAME              prints the statement and its plan
 *     npm run sql -- NAME --no-plan    prints the statement alone
 *     npm run sql -- NAME --keep       keeps the database for psql until Ctrl+C
 *
 * The database is a new one, filled by the store itself; with DATABASE_URL it is made on that server and dropped again.
 * The tool stands in `bench/`, because it needs the made-up traffic and the servers of the tests, none of which are part
 * of the product or of its image.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Capture, forPsql } from './capture.ts';
import { filledDatabase } from './database.ts';
import { type NamedStatement, namedStatements, nearest } from './names.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { plan: { type: 'boolean', default: true }, keep: { type: 'boolean', default: false } },
  allowNegative: true,
});
const [name, ...more] = positionals;
const statements = namedStatements();

if (name === undefined) {
  for (const line of listOf(statements)) console.log(line);
} else if (more.length > 0 || !statements.some(statement => statement.name === name)) {
  console.error(
    `There is no statement ${positionals.join(' ')}. The nearest: ${nearest(name, statements).join(', ')}.`,
  );
  process.exitCode = 2;
} else await print(name);

function listOf(statements: readonly NamedStatement[]): string[] {
  const width = Math.max(...statements.map(({ name }) => name.length));
  return statements.map(({ name, place, purpose }) => `${name.padEnd(width)}  ${purpose} (${place})`);
}

async function print(name: string): Promise<void> {
  const capture = new Capture(sent => values.plan && sent === name);
  const database = await filledDatabase(capture, process.env['DATABASE_URL']);
  try {
    const captured = capture.captured.get(name);
    if (captured === undefined)
      throw new Error(`nothing sent ${name}: let bench/sql/exercise.ts do what sends it`);
    if (captured.plannedAsWritten) console.log('-- In a transaction after planner.set.');
    console.log(forPsql(captured));
    if (captured.plan) console.log(`\n${captured.plan.map(line => `-- ${line}`).join('\n')}`);
    else if (values.plan) console.log('\n-- PostgreSQL makes no plan for it.');
    if (!values.keep) return;
    console.error(`psql ${database.url}   (Ctrl+C drops the database)`);
    const timer = setInterval(() => {}, 60_000);
    await once(process, 'SIGINT');
    clearInterval(timer);
  } finally {
    await database.close();
  }
}
