import { type RawBuilder, sql } from 'kysely';
import { type Measure, measures } from '../../domain/metrics/definitions.ts';
import { type Reason, reasons, type Unobserved } from '../../domain/metrics/receipts.ts';
import type { Store } from '../schema/tables.ts';
import { measureId } from '../sql/measures.ts';
import { planAsWritten } from '../sql/planner.ts';

/** What a row of a receipt is: an observation of a measure, something left out, or something that is never observed. */
export type Kind = Measure | Reason | Unobserved;

/** In the order in which rows of one moment come. */
const unobserved: readonly Kind[] = ['ever_exposed', 'ever_rolled_back'];
const kinds: readonly Kind[] = [...new Set<Kind>([...measures, ...reasons, ...unobserved])];

export const isKind = (value: unknown): value is Kind => kinds.some(kind => kind === value);

/** What a row is about, by which the rest of it is found. */
export type SubjectKind = 'rollout' | 'change' | 'outage' | 'incident';

export interface ReceiptRow {
  readonly stream: number;
  readonly kind: Kind;
  readonly subject: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds. */
  readonly value: number;
}

/** A row as a position to go on from. */
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
  /** Rows after this one; null: from the first one on. */
  readonly after: RowPosition | null;
  readonly limit: number;
}

/** A statement is to hold PGlite, and with it the event loop, no longer than this; in milliseconds. */
const statementMs = 15;

/**
 * One page of a receipt's rows. The streams are asked in groups, so that no statement takes long, each group for
 * what comes before the last row that is found so far.
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
  kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
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
  const isAfter = after ? sql`and ${follows(after, sort, sql`one.kind`, sql`one.subject`)}` : sql``;
  const isBefore = last ? sql`and ${key} >= ${last[sort]}::bigint` : sql``;
  const found = await db.transaction().execute(async trx => {
    await planAsWritten(trx);
    return sql<Omit<ReceiptRow, 'kind'> & { kind: number }>`
      select own.id as stream, one.kind, one.subject, one.at, one.value
      from unnest(${streams}::integer[]) as own(id)
      cross join lateral (${sql.join(sources, sql` union all `)}) as one(kind, subject, at, value)
      where true ${isAfter} ${isBefore}
      order by ${key} desc, own.id, one.kind, one.subject limit ${limit}`.execute(trx);
  });
  return found.rows.map(row => ({ ...row, kind: kinds[row.kind] ?? 'exposed' }));
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
    > (${position.stream}::integer, ${kinds.indexOf(position.kind)}::integer, ${position.subject}::bigint)))`;
}

/** Statements that find the rows `(kind, subject, at, value)` of the stream `own.id`. */
function sourcesOf(question: ReceiptQuestion, last: ReceiptRow | null): RawBuilder<unknown>[] {
  const { sort, after, limit } = question;
  // What comes after a position by time need not be looked for at later moments, nor what is not among the first.
  const to = sort === 'at' && after ? Math.min(question.to, after.at + 1) : question.to;
  const from = sort === 'at' && last ? Math.max(question.from, last.at) : question.from;
  const within = (at: string) => sql`${sql.ref(at)} >= ${from}::bigint and ${sql.ref(at)} < ${to}::bigint`;
  const observed = measures.filter(measure => question.kinds.includes(measure));
  const sources: RawBuilder<unknown>[] = [];
  if (observed.length > 0) {
    const isAfter = after ? sql`and ${follows(after, sort, sql`measure::integer`, sql`subject`)}` : sql``;
    // Of one moment all are needed: they are ordered by more than the moment.
    const few = sort === 'at' ? sql`order by at desc fetch first ${limit} rows with ties` : sql``;
    sources.push(sql`(
      select measure::integer, subject, at, value from observation
      where stream_id = own.id and ${within('at')} and measure = any(array[${sql.join(observed.map(measureId))}]::smallint[])
        ${isAfter}
      ${few})`);
  }
  for (const kind of question.kinds) {
    const source = unsampledSources[kind];
    if (source) sources.push(sql`(${source(sql.lit(kinds.indexOf(kind)), within, to)})`);
  }
  return sources;
}

type Within = (at: string) => RawBuilder<unknown>;
type Source = (kind: RawBuilder<unknown>, within: Within, to: number) => RawBuilder<unknown>;

/**
 * Subjects that have an observation of one of these measures in the period and none of the other, which would lie at the
 * same moment: `(subject, at, value)`.
 */
const lacking = (within: Within, other: Measure, ...of: Measure[]) => sql`(
  select subject, at, value from (
    select subject, min(at) as at, max(value) as value, bool_or(measure = ${measureId(other)}) as has
    from observation
    where stream_id = own.id and ${within('at')}
      and measure = any(array[${sql.join([...of, other].map(measureId))}]::smallint[])
    group by subject
  ) as one where not has) as observation`;
const isBlamed = sql`exists (select from attribution where attribution.rollout_id = observation.subject)`;
const isCreated = sql`exists (
  select from revision where revision.id = observation.subject and revision.created_at is not null)`;

/** What is left out and is no finding, and what has no observations. */
const unsampledSources: Readonly<Partial<Record<Kind, Source>>> = {
  drill_exposed: (kind, within) => sql`
    select ${kind}, id, exposed_at, 0::bigint from rollout
    where stream_id = own.id and drill and exposed_at is not null and ${within('exposed_at')}`,
  drill_rolled_back: (kind, within) => sql`
    select ${kind}, id, rolled_back_at, 0::bigint from rollout
    where stream_id = own.id and drill and rolled_back_at is not null and ${within('rolled_back_at')}`,
  return_exposed: (kind, within) => sql`
    select ${kind}, id, exposed_at, 0::bigint from rollout
    where stream_id = own.id and is_return and ${within('exposed_at')}`,
  return_rolled_back: (kind, within) => sql`
    select ${kind}, id, rolled_back_at, 0::bigint from rollout
    where stream_id = own.id and is_return and rolled_back_at is not null and ${within('rolled_back_at')}`,
  // However long ago it was detected.
  open: (kind, _within, to) => sql`
    select ${kind}, id, detected_at, 0::bigint from incident
    where stream_id = own.id and detected_at is not null
      and (resolved_last_at is null or detected_last_at > resolved_last_at) and detected_at < ${to}::bigint`,
  not_blamed: (kind, within) => sql`
    select ${kind}, subject, at, value from ${lacking(within, 'outage_recovered', 'restored')}`,
  blamed: (kind, within) => sql`
    select ${kind}, subject, at, value from ${lacking(within, 'rollback_recovered', 'contained', 'escaped')}
    where ${isBlamed}`,
  rolled_back_before_exposure: (kind, within) => sql`
    select ${kind}, subject, at, value from ${lacking(within, 'rollback_recovered', 'contained', 'escaped')}
    where not ${isBlamed}`,
  created_unknown: (kind, within) => sql`
    select ${kind}, subject, at, value from ${lacking(within, 'created_to_merged', 'lead_time')}
    where not ${isCreated}`,
  created_after_merge: (kind, within) => sql`
    select ${kind}, subject, at, value from ${lacking(within, 'created_to_merged', 'lead_time')}
    where ${isCreated}`,
  never_full: (kind, within) => sql`
    select ${kind}, subject, at, value from ${lacking(within, 'exposed_to_full', 'lead_time')}`,
  ever_exposed: (kind, within) => sql`
    select ${kind}, id, exposed_at, 0::bigint from rollout
    where stream_id = own.id and exposed_at is not null and not drill and ${within('exposed_at')}`,
  ever_rolled_back: (kind, within) => sql`
    select ${kind}, id, rolled_back_at, 0::bigint from rollout
    where stream_id = own.id and exposed_at is not null and not drill and rolled_back_at is not null
      and ${within('rolled_back_at')}`,
};

const ofChanges: ReadonlySet<Kind> = new Set<Kind>([
  'lead_time',
  'created_to_merged',
  'exposed_to_full',
  'merge_unknown',
  'merged_after_exposure',
  'created_unknown',
  'created_after_merge',
  'never_full',
]);
const ofOutages: ReadonlySet<Kind> = new Set<Kind>(['restored', 'outage_recovered', 'not_blamed']);
const ofIncidents: ReadonlySet<Kind> = new Set<Kind>([
  'blame_inferred',
  'blame_unknown',
  'resolution_undetected',
  'open',
]);

/** What the subjects of the rows of this kind are. */
export function subjectOf(kind: Kind): SubjectKind {
  if (ofChanges.has(kind)) return 'change';
  if (ofOutages.has(kind)) return 'outage';
  return ofIncidents.has(kind) ? 'incident' : 'rollout';
}
