import { sql } from 'kysely';
import { type Measure, measureOf } from '../../domain/metrics/measures.ts';
import type { Store } from '../schema/tables.ts';
import { unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import { streamsNamed } from './streams.ts';

/** What the metrics count; time and value in milliseconds. */
export interface Observation {
  readonly measure: Measure;
  readonly at: number;
  readonly value: number;
}

/** Some observations of a stream in the order of time. */
export interface ObservationPage {
  readonly stream: number;
  readonly observations: Iterable<Observation>;
}

export interface ObservationQuestion {
  /** Names of services; null for all. */
  readonly services: readonly string[] | null;
  /** Included, in milliseconds. */
  readonly from: number;
  /** For services named here, only observations from this time on, milliseconds since 1970. */
  readonly since?: ReadonlyMap<string, number>;
  /** Excluded, in milliseconds. */
  readonly to: number;
}

/** Observations of a page, all of its last millisecond included: few enough that reading one never blocks the event loop for long. */
const pageSize = 8_000;
/** Streams read by one statement: it gives the first observations of each, which are all that most streams have. */
const streamsAtOnce = 8;
const firstPageSize = pageSize / streamsAtOnce;

/**
 * Pages of observations. The pages of a stream come one after the other, in the order of time. The next page is read
 * while the caller works on one.
 */
export async function* readObservations(
  db: Store,
  question: ObservationQuestion,
): AsyncIterable<ObservationPage> {
  const streams = await streamsFrom(db, question);
  const firstOf = (next: number) =>
    pagesOf(db, streams.slice(next, next + streamsAtOnce), question.to, firstPageSize);
  let upcoming = firstOf(0);
  for (let next = streamsAtOnce; next < streams.length + streamsAtOnce; next += streamsAtOnce) {
    const pages = await upcoming;
    upcoming = firstOf(next);
    upcoming.catch(() => {}); // thrown by the next `await`, if the caller still asks for a page
    for (const page of pages) {
      yield page;
      if (page.observations.length >= firstPageSize) yield* pagesAfter(db, page, question.to);
    }
  }
}

interface StreamFrom {
  readonly id: number;
  readonly from: number;
}

/** The streams of the question, each with the time from which its observations are read. */
async function streamsFrom(
  db: Store,
  { services, from, to, since }: ObservationQuestion,
): Promise<StreamFrom[]> {
  const streams = await streamsNamed(db, services);
  return streams
    .map(({ id, service }) => ({ id, from: Math.max(from, since?.get(service) ?? from) }))
    .filter(stream => stream.from < to);
}

interface PackedPage extends ObservationPage {
  readonly observations: PackedObservations;
}

/** Up to `size` observations of each stream that has any, and all others of the same millisecond as the last of these. */
async function pagesOf(
  db: Store,
  streams: readonly StreamFrom[],
  to: number,
  size: number,
): Promise<PackedPage[]> {
  if (streams.length === 0) return [];
  // Packed into one value, because the driver makes a text of every value of a row.
  const found = await statement<{ stream: number; packed: Uint8Array }>('observations.page')`
    select given.id as stream, page.packed
    from ${unnestRows(streams, { id: 'integer', from: 'bigint' })}
    cross join lateral (
      select string_agg(float8send(at) || float8send(value) || int2send(measure), ''::bytea) as packed from (
        select at, value, measure from observation
        where observation.stream_id = given.id and at >= given.from and at < ${to}
        order by at fetch first ${sql.lit(size)} rows with ties
      ) as row
    ) as page
    where page.packed is not null`.execute(db);
  return found.rows.map(({ stream, packed }) => ({ stream, observations: new PackedObservations(packed) }));
}

/** The pages of a stream that follow a page. */
async function* pagesAfter(
  db: Store,
  { stream, observations }: PackedPage,
  to: number,
): AsyncIterable<ObservationPage> {
  for (let last: PackedObservations | undefined = observations; last; ) {
    const [next]: PackedPage[] = await pagesOf(db, [{ id: stream, from: last.lastAt + 1 }], to, pageSize);
    if (next) yield next;
    last = next && next.observations.length >= pageSize ? next.observations : undefined;
  }
}

/** Where in a packed observation its value and its measure stand; its time stands first. */
const [valueOffset, measureOffset, rowLength] = [8, 16, 18];

/** Observations as PostgreSQL packed them; iterating makes one object at a time. */
class PackedObservations implements Iterable<Observation> {
  readonly length: number;
  readonly #view: DataView;

  constructor(packed: Uint8Array) {
    this.length = packed.length / rowLength;
    this.#view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  }

  get lastAt(): number {
    return this.#view.getFloat64((this.length - 1) * rowLength);
  }

  *[Symbol.iterator](): Iterator<Observation> {
    const view = this.#view;
    for (let offset = 0; offset < view.byteLength; offset += rowLength) {
      const measure = measureOf(view.getInt16(offset + measureOffset));
      yield { measure, at: view.getFloat64(offset), value: view.getFloat64(offset + valueOffset) };
    }
  }
}
