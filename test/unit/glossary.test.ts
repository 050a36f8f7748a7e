import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The rows of the table under a heading, as cells. */
function rowsUnder(heading: string): string[][] {
  const section =
    read('docs/glossary.md')
      .split('\n## ')
      .find(part => part.startsWith(heading)) ?? '';
  const rows = section.split('\n').filter(line => line.startsWith('|'));
  return rows.slice(2).map(row =>
    row
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim()),
  );
}

const terms = ['What happens', 'How numbers are made', 'How it runs'].flatMap(rowsUnder);
const retired = rowsUnder('Retired words').map(([word = '', say = '', exceptions = '']) => ({
  word,
  say,
  exceptions: [...exceptions.matchAll(/`(\w+)`/g)].map(([, name]) => name),
}));

/** The words of a name: `upsertRollouts` and `upsert_rollouts` are both `upsert`, `rollouts`. */
const wordsOf = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[ _]/)
    .map(word => word.toLowerCase());
const bears = (name: string, word: string) =>
  wordsOf(name).some(each => each === word || each === `${word}s` || each === `${word}ed`);

const sources = globSync('{domain,store,services,platform,cli,demo,dashboards/src}/**/*.{ts,mjs}', {
  cwd: root,
});
const exported = sources.flatMap(path =>
  [...read(path).matchAll(/^export (?:async )?(?:function\*?|const|let|class|interface|type) (\w+)/gm)].map(
    ([, name = '']) => ({ path, name }),
  ),
);

describe('the glossary', () => {
  test('has terms, and exported names to hold against it', () => {
    expect(terms.length).toBeGreaterThan(40);
    expect(exported.length).toBeGreaterThan(500);
  });

  test.each(terms)('finds %s in the code', (_term = '', sentence = '', where = '') => {
    expect(sentence).toMatch(/\.$/);
    const [, name, path = ''] = /^(?:`(\w+)` in )?`([\w./-]+)`$/.exec(where) ?? [];
    expect(read(path)).toMatch(name === undefined ? /./ : new RegExp(`\\b${name}\\b`));
  });

  test.each(retired)('no exported name bears "$word"', ({ word, exceptions }) => {
    const bearing = exported.filter(({ name }) => bears(name, word) && !exceptions.includes(name));
    expect(bearing).toEqual([]);
  });

  test.each(retired)('every exception of "$word" is a name that is exported', ({ exceptions }) => {
    const names = exported.map(({ name }) => name);
    expect(exceptions.filter(name => name !== undefined && !names.includes(name))).toEqual([]);
  });

  test('no table or column that the code reads bears a retired word', () => {
    const tables = /export interface Database \{(.*?)^\}/ms.exec(read('store/schema/tables.ts'))?.[1] ?? '';
    const names = [...tables.replaceAll(/\/\*\*.*?\*\//gs, '').matchAll(/\b([a-z]\w*)\??:/g)].map(
      ([, name = '']) => name,
    );
    expect(names).toContain('observation');
    expect(names.filter(name => retired.some(({ word }) => bears(name, word)))).toEqual([]);
  });
});
