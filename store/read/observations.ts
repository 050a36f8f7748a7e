import { sql } from 'kysely';
import { type Measure, measures } from '../../domain/metrics/definitions.ts';
import type { Store } from '../schema/tables.ts';
import { unnestRows } from '../sql/rows.ts';
import { streamsNamed } from './streams.ts';

/** One row of what a number is made of; moment and value in milliseconds. */
export interface Observation {
  readonly measure: Measure;
  readonly at: number;
  readonly value: number;
}

/** Some observations of a stream, in the order of their moments. */
export interface ObservationPage {
  readonly stream: number;
  readonly observations: Iterable<Observation>;
}

export interface ObservationQuestion {
  /** Names of services; null for all. */
  readonly services: readonly string[] | null;
  /** Included, in milliseconds. */
  readonly from: number;
  /** Of the services that are named here, only what is not earlier than this either. */
  readonly since?: ReadonlyMap<string, number>;
  /** Excluded, in milliseconds. */
  readonly to: number;
}

/** Observations of one page, and those of its last moment; few enough that reading it never holds the event loop for long. */
const pageSize = 8_000;
/** Streams are asked for together; the first observations of each come at once, which are all of most. */
const streamsAtOnce = 8;
const firstPageSize = pageSize / streamsAtOnce;

/**
 * Pages of observations. Those of a stream come one after the other, in the order of moments; the next one is on its way while one
 * is worked on.
 */
export async function* readObservations(
  db: Store,
  question: ObservationQuestion,
): AsyncIterable<ObservationPage> {
  const asked = await askedStreams(db, question);
  const firstOf = (next: number) =>
    pagesOf(db, asked.slice(next, next + streamsAtOnce), question.to, firstPageSize);
  let coming = firstOf(0);
  for (let next = streamsAtOnce; next < asked.length + streamsAtOnce; next += streamsAtOnce) {
    const pages = await coming;
    coming = firstOf(next);
    coming.catch(() => {}); // thrown where it is waited for, if somebody still wants it
    for (const page of pages) {
      yield page;
      if (page.observations.length >= firstPageSize) yield* pagesAfter(db, page, question.to);
    }
  }
}

interface AskedStream {
  readonly id: number;
  readonly from: number;
}

async function askedStreams(
  db: Store,
  { services, from, to, since }: ObservationQuestion,
): Promise<AskedStream[]> {
  const streams = await streamsNamed(db, services);
  return streams
    .map(({ id, service }) => ({ id, from: Math.max(from, since?.get(service) ?? from) }))
    .filter(stream => stream.from < to);
}

interface PackedPage extends ObservationPage {
  readonly observations: PackedObservations;
}

/** Of each of these streams that has any: so many observations, and the others of the moment at which these end. */
async function pagesOf(
  db: Store,
  streams: readonly AskedStream[],
  to: number,
  size: number,
): Promise<PackedPage[]> {
  if (streams.length === 0) return [];
  // As one text: of rows, the driver makes a text of every value.
  const found = await sql<{ stream: number; packed: Uint8Array }>`
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

/** What comes after a page, of its stream. */
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

/** Where in a packed observation its value and its measure stand, after its moment. */
const [valueOffset, measureOffset, rowLength] = [8, 16, 18];

/** Observations as PostgreSQL has packed them; whoever goes through them gets objects, one at a time. */
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
      const measure = measures[view.getInt16(offset + measureOffset)];
      if (measure === undefined) throw new Error('the database holds a measure that is not known');
      yield { measure, at: view.getFloat64(offset), value: view.getFloat64(offset + valueOffset) };
    }
  }
}
