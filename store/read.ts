import { sql } from 'kysely';
import { type Measure, measures } from '../domain/definitions.ts';
import { compareBytes } from '../domain/order.ts';
import { given } from './given.ts';
import type { Store } from './tables.ts';

/** A service in an environment. */
export interface Line {
  readonly id: number;
  readonly service: string;
  /** '' where nobody named one. */
  readonly team: string;
  readonly environment: string;
  /** Rollouts exposed since the beginning of the record, returns included. */
  readonly exposedTotal: number;
  /** Those of them that were rolled back by their own. */
  readonly rolledBackTotal: number;
  /** Of each open incident its latest detection, milliseconds since 1970, the earliest first. */
  readonly openSince: readonly number[];
  /**
   * When the newest rollout took its last step, if it has some of the traffic and never had all of it, milliseconds
   * since 1970; else null. Rollouts of strategy `flag` are passed over: many never get all.
   */
  readonly partialSince: number | null;
}

/** One row of what a number is made of; moment and value in milliseconds. */
export interface Sample {
  readonly line: number;
  readonly measure: Measure;
  readonly at: number;
  readonly value: number;
}

/** So many services are read at once: what a line tells beside its counters is looked up, and PGlite does that in our thread. */
const servicesAtOnce = 500;

/** By the names of services, then environments. @param services their names; null for all */
export async function readLines(db: Store, services: readonly string[] | null): Promise<Line[]> {
  const names = services?.toSorted(compareBytes) ?? (await serviceNames(db));
  const lines: Line[] = [];
  for (let from = 0; from < names.length; from += servicesAtOnce)
    lines.push(...(await linesOf(db, names.slice(from, from + servicesAtOnce))));
  return lines;
}

async function serviceNames(db: Store): Promise<string[]> {
  const found = await db.selectFrom('service').select('name').orderBy('name').execute();
  return found.map(({ name }) => name);
}

/** The ids of lines, by the names of services, then environments. @param services their names; null for all */
export async function lineIds(db: Store, services: readonly string[] | null): Promise<number[]> {
  return (await linesNamed(db, services)).map(({ id }) => id);
}

async function linesNamed(
  db: Store,
  services: readonly string[] | null,
): Promise<{ readonly id: number; readonly service: string }[]> {
  const found = await sql<{ id: number; service: string }>`
    select line.id, service.name as service from service join line on line.service_id = service.id
    ${services === null ? sql`` : sql`where service.name in (select name from ${namesOf(services)})`}
    order by service.name, line.environment`.execute(db);
  return found.rows;
}

async function linesOf(db: Store, services: readonly string[]): Promise<Line[]> {
  const found = await sql<Line>`
    select line.id, service.name as service, coalesce(service.team, '') as team, line.environment,
      line.exposed_total as "exposedTotal", line.rolled_back_total as "rolledBackTotal",
      array(select incident.detected_last_at from incident
        where incident.line_id = line.id and incident.detected_at is not null
          and (incident.resolved_last_at is null or incident.detected_last_at > incident.resolved_last_at)
        order by incident.detected_last_at
      ) as "openSince",
      (select case when rollout.full_at is null and rollout.rolled_back_at is null
          and rollout.returned_at is null and last.weight > 0 then last.at end
        from rollout cross join lateral (
          select step.at, step.weight from step where step.rollout_id = rollout.id order by step.at desc limit 1
        ) as last
        where rollout.line_id = line.id and rollout.exposed_at is not null and not rollout.drill
          and not rollout.is_return and not rollout.flag
        order by rollout.exposed_at desc, rollout.name desc limit 1
      ) as "partialSince"
    from service join line on line.service_id = service.id
    where service.name in (select name from ${namesOf(services)})
    order by service.name, line.environment`.execute(db);
  return found.rows;
}

export interface SampleQuestion {
  /** Names of services; null for all. */
  readonly services: readonly string[] | null;
  /** Included, in milliseconds. */
  readonly from: number;
  /** Of the services that are named here, only what is not earlier than this either. */
  readonly since?: ReadonlyMap<string, number>;
  /** Excluded, in milliseconds. */
  readonly to: number;
}

/** Rows of one page; small enough that reading it never holds the event loop for long. */
const pageSize = 5_000;

interface SampleRow {
  readonly line: number;
  readonly at: number;
  readonly measure: number;
  readonly subject: number;
  readonly value: number;
}

/** Lines are asked for together; the first rows of each come at once, which are all of most. */
const linesAtOnce = 20;
const firstRows = pageSize / linesAtOnce;

/** Pages of samples; those of a line come in the order of moments. The next page is on its way while one is worked on. */
export async function* readSamples(db: Store, question: SampleQuestion): AsyncIterable<Sample[]> {
  const asked = await askedLines(db, question);
  let coming = firstOf(db, asked.slice(0, linesAtOnce), question.to);
  for (let next = linesAtOnce; next < asked.length + linesAtOnce; next += linesAtOnce) {
    const rows = await coming;
    coming = firstOf(db, asked.slice(next, next + linesAtOnce), question.to);
    coming.catch(() => {}); // thrown where it is waited for, if somebody still wants it
    if (rows.length > 0) yield rows.map(sampleOf);
    const counts = new Map<number, number>();
    for (const { line } of rows) counts.set(line, (counts.get(line) ?? 0) + 1);
    for (const row of rows.filter(({ line }, at) => rows[at + 1]?.line !== line))
      if (counts.get(row.line) === firstRows) yield* samplesAfter(db, row, question);
  }
}

interface AskedLine {
  readonly id: number;
  readonly from: number;
}

async function askedLines(db: Store, { services, from, to, since }: SampleQuestion): Promise<AskedLine[]> {
  const lines = await linesNamed(db, services);
  return lines
    .map(({ id, service }) => ({ id, from: Math.max(from, since?.get(service) ?? from) }))
    .filter(line => line.from < to);
}

async function firstOf(db: Store, lines: readonly AskedLine[], to: number): Promise<readonly SampleRow[]> {
  if (lines.length === 0) return [];
  const found = await sql<SampleRow>`
    select first.line_id as line, at, measure, subject, value
    from ${given(lines, { id: 'integer', from: 'bigint' })}
    cross join lateral (
      select line_id, at, measure, subject, value from sample
      where sample.line_id = given.id and at >= given.from and at < ${to}
      order by at, measure, subject limit ${firstRows}
    ) as first
    order by first.line_id, at, measure, subject`.execute(db);
  return found.rows;
}

/** What comes after a row, of its line. */
async function* samplesAfter(db: Store, row: SampleRow, { to }: SampleQuestion): AsyncIterable<Sample[]> {
  for (let last: SampleRow | undefined = row; last; ) {
    const page: { readonly rows: readonly SampleRow[] } = await sql<SampleRow>`
      select line_id as line, at, measure, subject, value from sample
      where line_id = ${row.line} and at >= ${last.at} and at < ${to}
        and (at, measure, subject) > (${last.at}::bigint, ${last.measure}::smallint, ${last.subject}::bigint)
      order by at, measure, subject limit ${pageSize}`.execute(db);
    if (page.rows.length > 0) yield page.rows.map(sampleOf);
    last = page.rows.length < pageSize ? undefined : page.rows.at(-1);
  }
}

function sampleOf({ line, measure, at, value }: SampleRow): Sample {
  const name = measures[measure];
  if (name === undefined) throw new Error(`the database holds a measure that is not known: ${measure}`);
  return { line, measure: name, at, value };
}

/** How many events claimed the identity of a stored one with another content. */
export async function conflictingRepeats(db: Store): Promise<number> {
  const found = await sql<{ count: number }>`select count(*)::integer as count from conflict`.execute(db);
  return found.rows[0]?.count ?? 0;
}

const namesOf = (names: readonly string[]) =>
  given(
    names.map(name => ({ name })),
    { name: 'text' },
  );
