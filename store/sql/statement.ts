import { type RawBuilder, sql } from 'kysely';

/** `subject.action`, such as `rollouts.insert`. A name belongs to one place in the code. */
export type StatementName = `${string}.${string}`;

/**
 * A whole statement with a name: `` statement<Row>('rollouts.find')`select …`.execute(trx) ``.
 *
 * The name goes along as a comment in the text, so that PostgreSQL's log, `pg_stat_activity` and `pg_stat_statements`
 * show it, and `npm run sql` lists and prints the statement. The comment stands after the first word: PostgreSQL 18
 * leaves one before the first word out of `pg_stat_statements`.
 *
 * The text must be the same on every call: a connection prepares each text once.
 */
export function statement<T = unknown>(name: StatementName) {
  return (parts: TemplateStringsArray, ...parameters: unknown[]): RawBuilder<T> => {
    const [first = '', ...others] = parts;
    const named = first.replace(firstWord, word => `${word} /* ${name} */`);
    if (named === first) throw new Error(`the statement ${name} does not begin with a word`);
    const texts = [named, ...others];
    return sql<T>(Object.assign(texts, { raw: texts }), ...parameters);
  };
}

const firstWord = /^\s*[a-z]+/;

/** The name in a statement's text; null: it has none. */
export function statementNameOf(text: string): StatementName | null {
  const found = /^\s*[a-z]+ \/\* ([a-z-]+\.[a-z-]+) \*\//.exec(text);
  return (found?.[1] as StatementName | undefined) ?? null;
}
