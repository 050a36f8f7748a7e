import { sql } from 'kysely';
import { type Measure, measures } from '../domain/definitions.ts';
import { given } from './given.ts';
import { linesNamed } from './read.ts';
import type { Store } from './tables.ts';

/** One row of what a number is made of; moment and value in milliseconds. */
export interface Sample {
  readonly measure: Measure;
  readonly at: number;
  readonly value: number;
}

/** Some samples of a line, in the order of their moments. */
export interface SamplePage {
  readonly line: number;
  readonly samples: Iterable<Sample>;
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

/** Samples of one page, and those of its last moment; few enough that reading it never holds the event loop for long. */
const pageSize = 8_000;
/** Lines are asked for together; the first samples of each come at once, which are all of most. */
const linesAtOnce = 8;
const firstSamples = pageSize / linesAtOnce;

/**
 * Pages of samples. Those of a line come one after the other, in the order of moments; the next one is on its way while one
 * is worked on.
 */
export async function* readSamples(db: Store, question: SampleQuestion): AsyncIterable<SamplePage> {
  const asked = await askedLines(db, question);
  let coming = firstOf(db, asked.slice(0, linesAtOnce), question.to);
  for (let next = linesAtOnce; next < asked.length + linesAtOnce; next += linesAtOnce) {
    const rows = await coming;
    coming = firstOf(db, asked.slice(next, next + linesAtOnce), question.to);
    coming.catch(() => {}); // thrown where it is waited for, if somebody still wants it
    for (const { line, packed } of rows) {
      const first = new PackedSamples(packed);
      yield { line, samples: first };
      if (first.length >= firstSamples) yield* samplesAfter(db, line, first, question.to);
    }
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

interface Row {
  readonly line: number;
  readonly packed: Uint8Array;
}

async function firstOf(db: Store, lines: readonly AskedLine[], to: number): Promise<readonly Row[]> {
  if (lines.length === 0) return [];
  const found = await sql<Row>`
    select given.id as line, first.packed
    from ${given(lines, { id: 'integer', from: 'bigint' })}
    cross join lateral (
      select ${packedRows} from (
        select at, value, measure from sample
        where sample.line_id = given.id and at >= given.from and at < ${to}
        order by at fetch first ${sql.lit(firstSamples)} rows with ties
      ) as row
    ) as first
    where first.packed is not null`.execute(db);
  return found.rows;
}

/** What comes after the last moment of a page, of its line. */
async function* samplesAfter(
  db: Store,
  line: number,
  page: PackedSamples,
  to: number,
): AsyncIterable<SamplePage> {
  for (let last: PackedSamples | undefined = page; last; ) {
    const found: { readonly rows: readonly Pick<Row, 'packed'>[] } = await sql<Pick<Row, 'packed'>>`
      select ${packedRows} from (
        select at, value, measure from sample where line_id = ${line} and at > ${last.lastAt} and at < ${to}
        order by at fetch first ${sql.lit(pageSize)} rows with ties
      ) as row having count(*) > 0`.execute(db);
    const next = found.rows.map(({ packed }) => new PackedSamples(packed))[0];
    if (next) yield { line, samples: next };
    last = next && next.length >= pageSize ? next : undefined;
  }
}

/** Moment, value and measure. As one text: of rows, the driver makes a text of every value. */
const packedRows = sql`string_agg(float8send(at) || float8send(value) || int2send(measure), ''::bytea) as packed`;
const [valueOffset, measureOffset, rowLength] = [8, 16, 18];

/** Samples as PostgreSQL has packed them; whoever goes through them gets objects, one at a time. */
class PackedSamples implements Iterable<Sample> {
  readonly length: number;
  readonly #view: DataView;

  constructor(packed: Uint8Array) {
    this.length = packed.length / rowLength;
    this.#view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  }

  get lastAt(): number {
    return this.#view.getFloat64((this.length - 1) * rowLength);
  }

  *[Symbol.iterator](): Iterator<Sample> {
    const view = this.#view;
    for (let offset = 0; offset < view.byteLength; offset += rowLength) {
      const measure = measures[view.getInt16(offset + measureOffset)];
      if (measure === undefined) throw new Error('the database holds a measure that is not known');
      yield { measure, at: view.getFloat64(offset), value: view.getFloat64(offset + valueOffset) };
    }
  }
}
