import { type RawBuilder, sql } from 'kysely';
import { measureNames } from '../../domain/metrics/measures.ts';
import type { Store } from '../schema/tables.ts';
import { measureIds } from '../sql/measures.ts';
import { planAsWritten } from '../sql/planner.ts';
import { statement } from '../sql/statement.ts';
import { type Kind, kindNumber, kindOf } from './kinds.ts';
import { unobservedSources } from './receipt-sources.ts';

export interface ReceiptRow {
  readonly stream: number;
  readonly kind: Kind;
  readonly subject: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds. */
  readonly value: number;
}

/** The row after which the next page begins. */
export type RowPosition = Pick<ReceiptRow, 'stream' | 'kind' | 'subject' | 'at' | 'value'>;

export interface ReceiptQuestion {
  /** Ids of streams. */
  readonly streams: readonly number[];
  readonly kinds: readonly Kind[];
  /** Included, in milliseconds. */
  readonly from: number;
  /** Excluded, in milliseconds. */
  readonly to: number;
  /** The newest first, or the largest values first. */
  readonly sort: 'at' | 'value';
  /** The last row of the page before; null: this is the first page. */
  readonly after: RowPosition | null;
  readonly limit: number;
}

/** How long a statement should take at most, in milliseconds: PGlite blocks the event loop meanwhile. */
const statementMs = 15;

/**
 * One page of a receipt's rows. Each statement reads a group of streams, as many as it can in {@link statementMs}. Once
 * a page is full, a group is asked only for rows that come before the last row of the page.
 */
export async function readReceiptRows(db: Store, question: ReceiptQuestion): Promise<ReceiptRow[]> {
  let found: ReceiptRow[] = [];
  let group = 8;
  for (let first = 0; first < question.streams.length; ) {
    const streams = question.streams.slice(first, first + group);
    first += streams.length;
    const startedAt = performance.now();
    const last = found.length === question.limit ? (found.at(-1) ?? null) : null;
    const rows = await readGroup(db, { ...question, streams }, last);
    found = [...found, ...rows].sort(comparing(question.sort)).slice(0, question.limit);
    group = Math.max(1, Math.round(group * Math.min(4, statementMs / (performance.now() - startedAt + 1))));
  }
  return found;
}

const comparing = (sort: 'at' | 'value') => (a: ReceiptRow, b: ReceiptRow) =>
  b[sort] - a[sort] ||
  a.stream - b.stream ||
  kindNumber(a.kind) - kindNumber(b.kind) ||
  a.subject - b.subject;

async function readGroup(
  db: Store,
  question: ReceiptQuestion,
  last: ReceiptRow | null,
): Promise<ReceiptRow[]> {
  const { streams, sort, after, limit } = question;
  const sources = sourcesOf(question, last);
  if (sources.length === 0 || streams.length === 0) return [];
  const key = sql.ref(sort);
  const isAfterPosition = after ? sql`and ${follows(after, sort, sql`one.kind`, sql`one.subject`)}` : sql``;
  const isOnPage = last ? sql`and ${key} >= ${last[sort]}::bigint` : sql``;
  const found = await db.transaction().execute(async trx => {
    await planAsWritten(trx);
    return statement<Omit<ReceiptRow, 'kind'> & { kind: number }>('receipts.page')`
      select own.id as stream, one.kind, one.subject, one.at, one.value
      from unnest(${streams}::integer[]) as own(id)
      cross join lateral (${sql.join(sources, sql` union all `)}) as one(kind, subject, at, value)
      where true ${isAfterPosition} ${isOnPage}
      order by ${key} desc, own.id, one.kind, one.subject limit ${limit}`.execute(trx);
  });
  return found.rows.map(row => ({ ...row, kind: kindOf(row.kind) }));
}

/** Whether a row of the stream `own.id` comes after a position. */
function follows(
  position: RowPosition,
  sort: 'at' | 'value',
  kind: RawBuilder<unknown>,
  subject: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const key = sql.ref(sort);
  return sql`(${key} < ${position[sort]}::bigint or (${key} = ${position[sort]}::bigint and (own.id, ${kind}, ${subject})
    > (${position.stream}::integer, ${kindNumber(position.kind)}::integer, ${position.subject}::bigint)))`;
}

/** Subqueries that give rows `(kind, subject, at, value)` of the stream `own.id`. */
function sourcesOf(question: ReceiptQuestion, last: ReceiptRow | null): RawBuilder<unknown>[] {
  const { sort, after, limit } = question;
  // In the order of time, no row of this page is later than the position, or earlier than the last row found so far.
  const to = sort === 'at' && after ? Math.min(question.to, after.at + 1) : question.to;
  const from = sort === 'at' && last ? Math.max(question.from, last.at) : question.from;
  const within = (at: string) => sql`${sql.ref(at)} >= ${from}::bigint and ${sql.ref(at)} < ${to}::bigint`;
  const observed = measureNames.filter(measure => question.kinds.includes(measure));
  const sources: RawBuilder<unknown>[] = [];
  if (observed.length > 0) {
    const isAfter = after ? sql`and ${follows(after, sort, sql`measure::integer`, sql`subject`)}` : sql``;
    // Ties are needed, because rows of the same time are ordered further.
    const few = sort === 'at' ? sql`order by at desc fetch first ${limit} rows with ties` : sql``;
    sources.push(sql`(
      select measure::integer, subject, at, value from observation
      where stream_id = own.id and ${within('at')} and measure = any(array[${measureIds(...observed)}]::smallint[])
        ${isAfter}
      ${few})`);
  }
  for (const kind of question.kinds) {
    const source = unobservedSources[kind];
    if (source) sources.push(sql`(${source(sql.lit(kindNumber(kind)), within, to)})`);
  }
  return sources;
}
