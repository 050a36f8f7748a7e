import { openIncidents, rolloutsTotal, windows } from '../../../domain/metrics/definitions.ts';
import { type Family, families } from '../../../domain/metrics/families.ts';
import { compute, readsOf } from '../../../domain/metrics/interpret.ts';
import { windowOf } from '../live/aggregates.ts';
import { gather } from '../live/gather.ts';
import { fleetScopes, type Scope, serviceScope, teamScopes } from '../live/scopes.ts';
import type { CounterHistory, ObservationSource } from '../live/source.ts';
import { eventLoopYielder } from '../live/yield-to-event-loop.ts';
import {
  headerText,
  type Labels,
  type Prefix,
  prefixes,
  seriesText,
  typeOf,
} from '../prometheus/exposition.ts';
import { type SteppedStream, type Steps, stepAt, stepStream } from './counter-history.ts';
import { poolObservations, SlidingAggregates } from './sliding.ts';

/**
 * OpenMetrics text 1.0. The values of a series stand together, in the order of time, and so do the series of a metric.
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** The past of every stream at the steps. */
export interface History {
  readonly steps: Steps;
  readonly streams: readonly SteppedStream[];
}

interface SteppedScope {
  readonly labels: Labels;
  readonly streams: readonly SteppedStream[];
  /** 1 where any of the streams is shown. */
  readonly shown: Uint8Array;
}

const longestWindow = Math.max(...windows);
const pieceLength = 64 * 1024;

/** Reads what happened before each of the steps. */
export async function loadHistory(source: ObservationSource, steps: Steps): Promise<History> {
  const { from } = windowOf(longestWindow, steps.first);
  const to = stepAt(steps, steps.count - 1);
  const streams = await source.readStreams(null);
  const observations = await gather(streams, source.readObservations({ services: null, from, to }));
  const histories = new Map<number, CounterHistory[]>();
  for await (const history of source.readCounterHistories()) {
    const known = histories.get(history.stream);
    if (known) known.push(history);
    else histories.set(history.stream, [history]);
  }
  const yieldToEventLoop = eventLoopYielder();
  const stepped: SteppedStream[] = [];
  for (const of of observations) {
    stepped.push(stepStream(of, histories.get(of.stream.id) ?? [], steps));
    histories.delete(of.stream.id);
    await yieldToEventLoop();
  }
  return { steps, streams: stepped };
}

/**
 * The series of `/metrics` at each of the steps, computed from everything that is known now; in pieces of text.
 * @param added labels that every series gets, such as the `job` and `instance` that Prometheus gives to its scrapes
 */
export async function* openMetricsText(history: History, added: Labels): AsyncGenerator<string> {
  const byColumns = new Map(history.streams.map(stream => [stream.observations, stream]));
  const stepped = ({ labels, streams }: Scope): SteppedScope => {
    const of = streams.flatMap(observations => byColumns.get(observations) ?? []);
    return { labels: { ...labels, ...added }, streams: of, shown: anyOf(of.map(stream => stream.shown)) };
  };
  const observations = history.streams.map(stream => stream.observations);
  const scopes: readonly (readonly [Prefix, readonly SteppedScope[]])[] = [
    [prefixes.service, observations.map(serviceScope).map(stepped)],
    [prefixes.team, teamScopes(observations).map(stepped)],
    [prefixes.fleet, fleetScopes(observations).map(stepped)],
  ];
  const times = timesOf(history.steps);
  for (const [prefix, all] of scopes) {
    const shown = all.filter(scope => scope.shown.includes(1));
    for (const family of families) yield* familyText(prefix, family, shown, history.steps, times);
    yield* openText(prefix, shown, times);
  }
  yield* counterText(prefixes.service, observations.map(serviceScope).map(stepped), times);
  yield* counterText(prefixes.fleet, fleetScopes(observations).map(stepped), times);
  yield '# EOF\n';
}

async function* familyText(
  prefix: Prefix,
  family: Family,
  scopes: readonly SteppedScope[],
  steps: Steps,
  times: readonly string[],
): AsyncGenerator<string> {
  const name = prefix + family.name;
  const reads = readsOf(family.series.map(series => series.formula));
  const yieldToEventLoop = eventLoopYielder();
  let header = headerText(name, family.help, typeOf(family));
  for (const scope of scopes) {
    const observations = await poolObservations(
      scope.streams.map(stream => stream.observations),
      reads,
    );
    for (const days of windows) {
      const aggregates = new SlidingAggregates(observations, days);
      const columns = family.series.map(() => new Float64Array(steps.count).fill(Number.NaN));
      for (let step = 0; step < steps.count; step++) {
        aggregates.slideTo(stepAt(steps, step));
        if (scope.shown[step] === 1)
          for (const [i, { formula }] of family.series.entries()) {
            const column = columns[i];
            if (column) column[step] = compute(formula, aggregates) ?? Number.NaN;
          }
        if (step % 256 === 0) await yieldToEventLoop();
      }
      for (const [i, series] of family.series.entries()) {
        const labels = { ...scope.labels, window: `${days}d`, ...series.labels };
        for (const text of seriesPieces(name, labels, columns[i] ?? [], times)) {
          yield header + text;
          header = '';
          await yieldToEventLoop();
        }
      }
    }
  }
}

async function* openText(
  prefix: Prefix,
  scopes: readonly SteppedScope[],
  times: readonly string[],
): AsyncGenerator<string> {
  const name = prefix + openIncidents.name;
  let header = headerText(name, openIncidents.help, 'gauge');
  for (const { labels, streams, shown } of scopes) {
    const open = sumOf(streams.map(stream => stream.open));
    const column = open.map((count, step) => (shown[step] === 1 ? count : Number.NaN));
    for (const text of seriesPieces(name, labels, column, times)) {
      yield header + text;
      header = '';
    }
  }
}

async function* counterText(
  prefix: Prefix,
  scopes: readonly SteppedScope[],
  times: readonly string[],
): AsyncGenerator<string> {
  const name = prefix + rolloutsTotal.name;
  // In OpenMetrics the name of a counter has no suffix; the names of its samples have.
  let header = headerText(name.replace(/_total$/, ''), rolloutsTotal.help, 'counter');
  for (const { labels, streams } of scopes) {
    const exposed = sumOf(streams.map(stream => stream.exposed));
    const totals = { exposed, rolled_back: sumOf(streams.map(stream => stream.rolledBack)) };
    for (const outcome of rolloutsTotal.outcomes) {
      const column = totals[outcome].map((count, step) => (exposed[step] === 0 ? Number.NaN : count));
      for (const text of seriesPieces(name, { ...labels, outcome }, column, times)) {
        yield header + text;
        header = '';
      }
    }
  }
}

/** The values of one series, in pieces of text; NaN is no value. */
function* seriesPieces(
  name: string,
  labels: Labels,
  column: ArrayLike<number>,
  times: readonly string[],
): Generator<string> {
  const series = seriesText(name, labels, 0).slice(0, -'0\n'.length);
  let text = '';
  for (let step = 0; step < column.length; step++) {
    const value = column[step] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    text += `${series}${value}${times[step]}`;
    if (text.length < pieceLength) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

/** For each step, the text that follows a value: the time in seconds. */
function timesOf(steps: Steps): string[] {
  return Array.from({ length: steps.count }, (_, step) => ` ${stepAt(steps, step) / 1000}\n`);
}

function anyOf(columns: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(0), ...rest] = columns;
  if (rest.length === 0) return first;
  return first.map((is, step) => +(is === 1 || rest.some(column => column[step] === 1)));
}

function sumOf(columns: readonly Int32Array[]): Float64Array {
  const sum = new Float64Array(columns[0]?.length ?? 0);
  for (const column of columns)
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (column[i] ?? 0);
  return sum;
}
