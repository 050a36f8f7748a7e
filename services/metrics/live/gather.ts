import type { Measure } from '../../../domain/metrics/measures.ts';
import { type Columns, Slab, type StreamColumns, type UnsortedColumn } from './columns.ts';
import type { ObservationPage, ObservationQuestion, ObservationSource, Stream } from './source.ts';
import { eventLoopYielder } from './yield-to-event-loop.ts';

/** The streams of the services in question with their observations, as the source has them now. */
export async function readColumns(
  source: ObservationSource,
  question: ObservationQuestion,
): Promise<StreamColumns[]> {
  const streams = await source.readStreams(question.services);
  return gather(streams, source.readObservations(question));
}

/**
 * Gathers pages of observations into columns; observations of streams that are not listed are left out. Unpacked rows
 * take several times the memory of columns, so a stream is packed as soon as the pages move on to another one, and
 * unpacked again should they come back to it.
 */
export async function gather(
  streams: readonly Stream[],
  pages: AsyncIterable<ObservationPage>,
): Promise<StreamColumns[]> {
  const yieldToEventLoop = eventLoopYielder();
  const packed = new Map<number, Columns>(streams.map(stream => [stream.id, new Map()]));
  let open = null as OpenStream | null;
  for await (const { stream, observations } of pages) {
    const known = packed.get(stream);
    if (!known) continue;
    if (open?.stream !== stream) {
      if (open) packed.set(open.stream, pack(open.rows));
      open = { stream, rows: unpack(known) };
    }
    for (const { measure, at, value } of observations) {
      let rows = open.rows.get(measure);
      if (!rows) {
        rows = { timestamps: [], values: [] };
        open.rows.set(measure, rows);
      }
      rows.timestamps.push(at);
      rows.values.push(value);
    }
    await yieldToEventLoop();
  }
  if (open) packed.set(open.stream, pack(open.rows));
  return streams.map(stream => ({ stream, columns: packed.get(stream.id) ?? new Map() }));
}

/** The stream whose pages are being read. */
interface OpenStream {
  readonly stream: number;
  readonly rows: Map<Measure, UnsortedColumn>;
}

function unpack(columns: Columns): Map<Measure, UnsortedColumn> {
  return new Map(
    columns
      .entries()
      .map(([measure, { timestamps, values }]) => [
        measure,
        { timestamps: [...timestamps], values: [...values] },
      ]),
  );
}

function pack(rows: ReadonlyMap<Measure, UnsortedColumn>): Columns {
  const slab = new Slab(rows.values().reduce((sum, { timestamps }) => sum + timestamps.length, 0));
  return new Map(rows.entries().map(([measure, column]) => [measure, slab.sorted(column)]));
}
