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
 * OpenMetrics text 1.0. All observations of a series stand together, in the order of time, and the series of a metric, too.
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** The past of every stream at some steps, see {@link loadHistory}. */
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
const chunkLength = 64 * 1024;

/** Reads what happened before each of the steps. */
export async function loadHistory(source: ObservationSource, steps: Steps): Promise<History> {
  const { from } = windowOf(longestWindow, steps.first);
  const to = stepAt(steps, steps.count - 1);
  const streams = await source.readStreams(null);
  const observations = await gather(streams, source.readObservations({ services: null, from, to }));
  const courses = new Map<number, CounterHistory[]>();
  for await (const course of source.readCourses()) {
    const known = courses.get(course.stream);
    if (known) known.push(course);
    else courses.set(course.stream, [course]);
  }
  const breathe = eventLoopYielder();
  const stepped: SteppedStream[] = [];
  for (const of of observations) {
    stepped.push(stepStream(of, courses.get(of.stream.id) ?? [], steps));
    courses.delete(of.stream.id);
    await breathe();
  }
  return { steps, streams: stepped };
}

/**
 * What scrapes would have shown at each of the steps, had they known all that is known now: the series of `/metrics`,
 * in chunks of text.
 * @param added labels of every series, such as the `job` and `instance` of the scrapes that it leads up to
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
  const breathe = eventLoopYielder();
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
        if (step % 256 === 0) await breathe();
      }
      for (const [i, series] of family.series.entries()) {
        const labels = { ...scope.labels, window: `${days}d`, ...series.labels };
        for (const text of seriesChunks(name, labels, columns[i] ?? [], times)) {
          yield header + text;
          header = '';
          await breathe();
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
    for (const text of seriesChunks(name, labels, column, times)) {
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
  // OpenMetrics names a counter without the suffix that its samples bear.
  let header = headerText(name.replace(/_total$/, ''), rolloutsTotal.help, 'counter');
  for (const { labels, streams } of scopes) {
    const exposed = sumOf(streams.map(stream => stream.exposed));
    const totals = { exposed, rolled_back: sumOf(streams.map(stream => stream.rolledBack)) };
    for (const outcome of rolloutsTotal.outcomes) {
      const column = totals[outcome].map((count, step) => (exposed[step] === 0 ? Number.NaN : count));
      for (const text of seriesChunks(name, { ...labels, outcome }, column, times)) {
        yield header + text;
        header = '';
      }
    }
  }
}

/** The observations of one series, in chunks; NaN is no observation. */
function* seriesChunks(
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
    if (text.length < chunkLength) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

/** Of each step, what stands behind a value: its moment in seconds. */
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
