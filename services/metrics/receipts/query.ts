import { defaultEnvironment } from '../../../domain/events/event.ts';
import { dayMs } from '../../../domain/metrics/definitions.ts';
import type { Period } from '../live/aggregates.ts';
import { weekOf } from '../report/weeks.ts';
import { type Query, type QueryFault, textsOf, unknownParameters } from '../web/query.ts';
import { type Cursor, readCursor } from './cursor.ts';
import { type AskedMetric, findMetric, seriesLabels } from './metric.ts';

/** The question that a receipt answers. */
export interface ReceiptQuery {
  readonly metric: AskedMetric;
  readonly environment: string;
  /** null: not narrowed. */
  readonly service: string | null;
  readonly team: string | null;
  /** `7d`; null where a week is asked for, and for a metric without a window. */
  readonly window: string | null;
  /** `2026-W47` */
  readonly week: string | null;
  /** Of a week that still runs: until now. */
  readonly period: Period;
  readonly sort: 'at' | 'value';
  /** The most items of a page, in each of its two lists. */
  readonly limit: number;
  readonly cursor: Cursor | null;
}

const parameters = [
  'metric',
  ...seriesLabels,
  'service',
  'team',
  'environment',
  'window',
  'week',
  'sort',
  'limit',
  'cursor',
];

const usualWindow = '7d';
const windowDaysMax = 366;
const usualLimit = 50;
const limitMax = 500;

/**
 * Reads the query of the page and of the API of receipts; an empty parameter is an absent one.
 * @param now milliseconds since 1970
 * @param strict whether a parameter that does not exist is a fault, too
 * @returns the faults of a query that cannot be answered
 */
export function readReceiptQuery(
  query: Query,
  now: number,
  timezone: string,
  strict: boolean,
): ReceiptQuery | QueryFault[] {
  const faults: QueryFault[] = [];
  const text = textsOf(query, faults);
  const labels = Object.fromEntries(
    seriesLabels.flatMap(label => {
      const value = text(label);
      return value === null ? [] : [[label, value]];
    }),
  );
  const metric = findMetric(text('metric') ?? '', labels);
  if (Array.isArray(metric)) faults.push(...metric);
  const cursor = readText(text('cursor'), readCursor, 'cursor', 'is not one that this server gave', faults);
  const sort = text('sort') ?? 'at';
  if (sort !== 'at' && sort !== 'value') faults.push({ field: 'sort', detail: 'must be at or value' });
  const limit = Number(text('limit') ?? usualLimit);
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax)
    faults.push({ field: 'limit', detail: `must be a whole number from 1 to ${limitMax}` });
  const week = text('week');
  const window = text('window') ?? (week === null ? usualWindow : null);
  const period = periodOf(window, week, cursor?.to ?? now, timezone, faults);
  const scope = {
    service: text('service'),
    team: text('team'),
    environment: text('environment') ?? defaultEnvironment,
  };
  if (strict) faults.push(...unknownParameters(query, parameters));
  if (faults.length > 0 || Array.isArray(metric) || !period) return faults;
  return {
    metric,
    ...scope,
    window: metric.windowless ? null : window,
    week: metric.windowless ? null : week,
    period: metric.windowless ? { from: 0, to: period.to } : period,
    sort: sort === 'value' ? 'value' : 'at',
    limit,
    cursor,
  };
}

function readText<T>(
  text: string | null,
  read: (text: string) => T | null,
  field: string,
  detail: string,
  faults: QueryFault[],
): T | null {
  if (text === null) return null;
  const value = read(text);
  if (value === null) faults.push({ field, detail });
  return value;
}

function periodOf(
  window: string | null,
  week: string | null,
  now: number,
  timezone: string,
  faults: QueryFault[],
): Period | null {
  if (window !== null && week !== null) {
    faults.push({ field: 'week', detail: 'may not be given together with window' });
    return null;
  }
  if (week !== null) {
    const period = weekOf(week, timezone);
    if (period && period.from <= now) return { from: period.from, to: Math.min(period.to, now) };
    faults.push({ field: 'week', detail: 'must be a week that has begun, such as 2026-W47' });
    return null;
  }
  const days = Number(/^(\d{1,3})d$/.exec(window ?? '')?.[1] ?? Number.NaN);
  if (days >= 1 && days <= windowDaysMax) return { from: now - days * dayMs, to: now };
  faults.push({ field: 'window', detail: `must be a number of days up to ${windowDaysMax}, such as 7d` });
  return null;
}
