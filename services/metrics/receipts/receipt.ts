import { formatTime } from '../../../domain/events/time.ts';
import type { Reason } from '../../../domain/metrics/reasons.ts';
import { type PartName, partNamesOf, reasonsOf, type Way } from '../../../domain/metrics/receipts.ts';
import { must } from '../../../domain/must.ts';
import type { Kind } from '../../../store/explain/kinds.ts';
import { type ReceiptRow, readReceiptRows } from '../../../store/explain/receipts.ts';
import type { Store } from '../../../store/schema/tables.ts';
import { aggregatesOf } from '../live/aggregates.ts';
import type { StreamColumns } from '../live/columns.ts';
import { formatCursor } from './cursor.ts';
import type { ReceiptQuery } from './query.ts';
import { readSubjects, type Subject } from './subjects.ts';

/** When and where an item of a receipt happened. */
interface Listed {
  /** RFC 3339 in UTC: the time by which it belongs to the period. */
  readonly at: string;
  readonly service: string;
  /** '': none is known. */
  readonly team: string;
  readonly environment: string;
}

/** An observation that the number was computed from; one that counts on both sides of a ratio is an item of each. */
export type CountedItem = Subject &
  Listed & {
    readonly part: PartName;
    readonly measure: string;
    /** What it adds to the number: seconds, or 1. */
    readonly value: number;
  };

/** Something in the period that the number was not computed from, and the reason. */
export type LeftOutItem = Subject & Listed & { readonly reason: Reason };

/** A page of items; `next` is the `cursor` of the page after it, null after the last page. */
export interface ItemPage<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** A number with all that it was computed from. */
export interface Receipt {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly help: string;
  readonly service: string | null;
  readonly team: string | null;
  readonly environment: string;
  readonly window: string | null;
  readonly week: string | null;
  /** RFC 3339 in UTC; included. Of a metric without a window null: since the beginning of the store. */
  readonly from: string | null;
  /** Excluded. */
  readonly to: string;
  readonly timezone: string;
  /** In the metric's unit; null where the metric has no number. */
  readonly value: number | null;
  /** How the items make the value. */
  readonly way: Way;
  /** Of a quantile, from 0 to 1. */
  readonly rank: number | null;
  /** The parts of the number with their counts of items; null for a metric that is not made of observations. */
  readonly parts: readonly {
    readonly part: PartName;
    readonly of: readonly string[];
    readonly count: number | null;
  }[];
  /** null where the cursor is one of `leftOut`. */
  readonly counted: ItemPage<CountedItem> | null;
  /** null where the cursor is one of `counted`. */
  readonly leftOut: ItemPage<LeftOutItem> | null;
}

/** The receipt that a query asks for. @param streams those in question, with their observations of the period */
export async function makeReceipt(
  db: Store,
  streams: readonly StreamColumns[],
  query: ReceiptQuery,
  timezone: string,
): Promise<Receipt> {
  const { metric, period, cursor } = query;
  const { recipe } = metric;
  const aggregates = aggregatesOf(streams, period);
  const partsByKind: ReadonlyMap<Kind, readonly PartName[]> = partNamesOf(recipe);
  const isTimed = recipe.way === 'quantile' || recipe.way === 'mean' || recipe.way === 'sum';
  const counted =
    cursor?.list === 'leftOut'
      ? null
      : await readPage(db, streams, query, 'counted', [...partsByKind.keys()], row =>
          must(partsByKind.get(row.kind), `part of ${row.kind}`).map(part => ({
            part,
            measure: row.kind,
            value: isTimed ? row.value / 1000 : 1,
          })),
        );
  const leftOut =
    cursor?.list === 'counted'
      ? null
      : await readPage(db, streams, query, 'leftOut', reasonsOf(recipe), row => [
          { reason: row.kind as Reason },
        ]);
  const { service, team, environment, window, week } = query;
  return {
    metric: metric.name,
    labels: metric.labels,
    help: metric.help,
    service,
    team,
    environment,
    window,
    week,
    from: metric.windowless ? null : formatTime(period.from),
    to: formatTime(period.to),
    timezone,
    value: finite(
      metric.value(
        aggregates,
        streams.map(({ stream }) => stream),
      ),
    ),
    way: recipe.way,
    rank: recipe.rank,
    parts: recipe.parts.map(({ part, of, set }) => ({ part, of, count: set && aggregates.count(set) })),
    counted,
    leftOut,
  };
}

/** @param fieldsOf what else the items of a row say: a row makes an item for each */
async function readPage<T extends object>(
  db: Store,
  streams: readonly StreamColumns[],
  { metric, period, cursor, limit, sort }: ReceiptQuery,
  list: 'counted' | 'leftOut',
  kinds: readonly Kind[],
  fieldsOf: (row: ReceiptRow) => readonly T[],
): Promise<ItemPage<Subject & Listed & T>> {
  const byId = new Map(streams.map(({ stream }) => [stream.id, stream]));
  const rows = await readReceiptRows(db, {
    streams: [...byId.keys()].sort((a, b) => a - b),
    kinds,
    ...(metric.windowless ? allTime : period),
    sort,
    after: cursor?.position ?? null,
    limit: limit + 1,
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const subjects = await readSubjects(db, page);
  const items = page.flatMap(row => {
    const subject = subjects.get(row);
    const stream = byId.get(row.stream);
    if (!subject || !stream) return [];
    const { service, team, environment } = stream;
    const rest = { at: formatTime(row.at), service, team, environment, ...subject };
    return fieldsOf(row).map(fields => ({ ...fields, ...rest }));
  });
  const next = rows.length > limit && last ? formatCursor({ list, to: period.to, position: last }) : null;
  return { items, next };
}

// The store also holds events that lie ahead.
const allTime = { from: 0, to: Number.MAX_SAFE_INTEGER };

// At its very beginning the running week has no length, and a rate is not finite.
const finite = (value: number | null) => (value !== null && Number.isFinite(value) ? value : null);
