import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A named statement as the source code has it. */
export interface NamedStatement {
  readonly name: string;
  /** `store/write/rollouts.ts:120` */
  readonly place: string;
  /** The first sentence about the function that sends it; else the name of that function. */
  readonly purpose: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The statements of `store/` in the order of their names. */
export function namedStatements(): NamedStatement[] {
  const files = readdirSync(join(root, 'store'), { recursive: true, encoding: 'utf8' });
  return files
    .filter(file => file.endsWith('.ts'))
    .flatMap(file => statementsIn(join('store', file)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function statementsIn(file: string): NamedStatement[] {
  const text = readFileSync(join(root, file), 'utf8');
  const calls = text.matchAll(/^(?! \*).*\bstatement(?:<[^`]*?>)?\(\s*'([a-z-]+\.[a-z-]+)',?\s*\)`/gm);
  return [...calls].map(({ 0: call, 1: name = '', index }) => {
    const lines = text.slice(0, index + call.length).split('\n');
    return { name, place: `${file}:${lines.length}`, purpose: purposeOf(lines) };
  });
}

/** What the last declaration in these lines is for. */
function purposeOf(lines: readonly string[]): string {
  const at = lines.findLastIndex(line => declaration.test(line));
  const name = declaration.exec(lines[at] ?? '')?.[1] ?? '';
  if (!lines[at - 1]?.endsWith('*/')) return name;
  const begin = lines.findLastIndex((line, index) => index < at && line.startsWith('/**'));
  const comment = lines
    .slice(begin, at)
    .map(line => line.replace(/^(\/\*\*| \*(?!\/))|\*\/$/g, '').trim())
    .join(' ')
    .trim();
  if (comment.startsWith('@param')) return name;
  const [sentence = ''] = comment.replace(/^@returns /, '').split(/(?<=[.;:]) | @/);
  return sentence.replace(/\{@link ([\w.]+)\}/g, '$1').replace(/[.;:]? *$/, '');
}

const declaration = /^(?:export )?(?:async )?(?:function\*?|const|class) (\w+)/;

/** The names that are spelled most like this one, or that contain it; five at most. */
export function nearest(name: string, statements: readonly NamedStatement[]): string[] {
  const ranked = statements.map(statement => ({
    name: statement.name,
    distance: statement.name.includes(name) ? 0 : editDistance(name, statement.name),
  }));
  return ranked
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 5)
    .map(({ name }) => name);
}

/** How many characters to insert, to delete or to replace (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
