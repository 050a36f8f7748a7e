import type { EChartsOption, LineSeriesOption, ScatterSeriesOption } from 'echarts';
import { wilson } from '../../../../domain/metrics/statistics.ts';
import { days } from '../../web/words.ts';
import type { Metric } from '../headline.ts';
import type { Numbers } from '../numbers.ts';
import type { WeeklyReport, WeekReport } from '../report.ts';
import { type Trend, weeksBefore } from '../trend.ts';
import { axisFor } from './axis.ts';
import { benchmarksOf } from './benchmarks.ts';

/** The positions of a chart's parts in the chart's own units; {@link tooltipsHtml} is placed by them. */
export const layout = {
  width: 400,
  height: 226,
  left: 52,
  right: 8,
  top: 12,
  plot: 132,
  annotations: 178,
  rows: 34,
};

/** The values of a metric by week; null without samples. A rate is 0 without samples, from the first week with samples on. */
function valuesOf(metric: Metric, weeks: readonly WeekReport[]): (number | null)[] {
  const first = weeks.findIndex(({ numbers }) => metric.samples(numbers) > 0);
  return weeks.map(({ numbers }, i) =>
    metric.kind === 'rate' && (first < 0 || i < first) ? null : metric.value(numbers),
  );
}

/** A metric as a line over the weeks, in front of its interval and of DORA's benchmarks; below it the annotations. */
export function trendOption(metric: Metric, report: WeeklyReport, trend: Trend): EChartsOption {
  const { weeks, timezone } = report;
  const values = valuesOf(metric, weeks);
  const intervals = weeks.map(({ numbers }) => intervalOf(metric, numbers));
  const usual = trend.usual ?? 0;
  const highs = intervals.map(interval => Math.min(interval?.high ?? 0, 1));
  // The interval of two rollouts is nearly the whole axis: intervals may be cut off, values may not.
  const largest = Math.max(usual, ...values.map(value => value ?? 0));
  const axis = axisFor(metric, Math.max(largest, Math.min(Math.max(0, ...highs), largest * 2)));
  const last = weeks.findLastIndex(week => !week.partial);
  const { left, right, top, plot } = layout;
  const labels = weeks.map(week => days(Date.parse(week.from), Date.parse(week.from) + 1, timezone));
  const stride = Math.ceil(weeks.length / 4);
  const quiet = 'var(--quiet)';
  return {
    textStyle: { fontFamily: 'inherit', fontSize: 12 },
    grid: [
      { left, right, top, height: plot, outerBoundsMode: 'none' },
      { left, right, top: layout.annotations, height: layout.rows, outerBoundsMode: 'none' },
    ],
    xAxis: [
      {
        type: 'category',
        data: labels,
        axisTick: { show: false },
        axisLine: { lineStyle: { color: quiet } },
        axisLabel: {
          color: quiet,
          fontSize: 12,
          margin: 9,
          interval: i => (weeks.length - 1 - i) % stride === 0,
          showMaxLabel: true,
        },
      },
      { type: 'category', data: labels, gridIndex: 1, show: false },
    ],
    yAxis: [
      {
        type: 'value',
        min: 0,
        max: axis.max,
        interval: axis.step,
        splitLine: { lineStyle: { color: 'var(--rule)' } },
        axisLabel: { color: quiet, fontSize: 12, margin: 8, formatter: axis.label },
      },
      {
        type: 'category',
        gridIndex: 1,
        data: ['big', 'outages', 'flags'],
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: { color: quiet, fontSize: 10.5, margin: 8, interval: 0 },
      },
    ],
    series: [
      benchmarkAreas(metric, report, axis.max, values),
      ...(metric.kind === 'ratio' ? intervalArea(intervals, axis.max) : []),
      usualLine(trend, last, weeks.length),
      ...valueLines(values, last),
      ...annotationPoints(report),
    ],
  };
}

function intervalOf(metric: Metric, numbers: Numbers) {
  return metric.successes ? wilson(metric.successes(numbers), metric.samples(numbers)) : null;
}

const notInteractive = { silent: true, symbol: 'none', emphasis: { disabled: true } } as const;

function benchmarkAreas(
  metric: Metric,
  report: WeeklyReport,
  max: number,
  values: readonly (number | null)[],
): LineSeriesOption {
  const newest = values.findLast(value => value !== null) ?? 0;
  const shown = benchmarksOf(metric, report.service !== null).filter(({ from }) => from < max);
  return {
    type: 'line',
    ...notInteractive,
    data: values.map(() => null),
    markArea: {
      silent: true,
      data: shown.map(({ from, to, name }, i) => {
        const end = Math.min(to, max);
        const isRoomy = (end - from) / max > 0.12;
        return [
          {
            name: isRoomy ? name : '',
            yAxis: from,
            itemStyle: { color: i % 2 === 0 ? 'var(--band)' : 'var(--band2)' },
            label: {
              // On the other side than the newest weeks.
              position: from <= newest && newest < to ? 'insideTopLeft' : 'insideTopRight',
              color: 'var(--quiet)',
              fontSize: 10.5,
            },
          },
          { yAxis: end },
        ];
      }),
    },
  };
}

function intervalArea(intervals: readonly ReturnType<typeof intervalOf>[], max: number): LineSeriesOption[] {
  const line = {
    type: 'line',
    ...notInteractive,
    stack: 'interval',
    lineStyle: { opacity: 0, width: 0 },
  } as const;
  return [
    { ...line, data: intervals.map(interval => interval?.low ?? null) },
    {
      ...line,
      data: intervals.map(interval => interval && Math.min(interval.high, max) - interval.low),
      areaStyle: { color: 'var(--accent)', opacity: 0.16 },
    },
  ];
}

/** The usual value, drawn over the weeks that it is the median of, and over the last full week. */
function usualLine({ usual }: Trend, last: number, count: number): LineSeriesOption {
  const isIn = (i: number) => usual !== null && i >= last - weeksBefore && i <= last;
  return {
    type: 'line',
    ...notInteractive,
    data: Array.from({ length: count }, (_, i) => (isIn(i) ? usual : null)),
    lineStyle: { color: 'var(--ink)', width: 1.25, type: [4, 3] },
  };
}

/** A line through the full weeks, with a larger point for the last one; dashed to the running week, which has a hollow point. */
function valueLines(values: readonly (number | null)[], last: number): LineSeriesOption[] {
  const color = 'var(--accent)';
  const isDense = values.length > 30;
  const full = values.map((value, i) => ({
    value: i <= last ? value : null,
    symbolSize: i === last ? 8 : isDense ? 3 : 4.5,
  }));
  return [
    {
      type: 'line',
      ...notInteractive,
      data: values.map((value, i) => (i >= last && last >= 0 ? value : null)),
      lineStyle: { color, width: 1.5, type: [3, 3] },
    },
    {
      type: 'line',
      ...notInteractive,
      symbol: 'circle',
      data: full,
      itemStyle: { color },
      lineStyle: { color, width: 2 },
    },
    {
      type: 'line',
      ...notInteractive,
      symbol: 'circle',
      symbolSize: 7,
      data: values.map((value, i) => (i > last ? value : null)),
      itemStyle: { color: 'var(--panel)', borderColor: color, borderWidth: 1.75 },
      lineStyle: { width: 0 },
    },
  ];
}

const annotationRows = [
  { name: 'bigRollouts', symbol: 'triangle' },
  { name: 'outages', symbol: 'circle' },
  { name: 'flagChanges', symbol: 'diamond' },
] as const;

/** One row for each kind of annotation; a week with more of them has a larger point. */
function annotationPoints({ weeks }: WeeklyReport): ScatterSeriesOption[] {
  return annotationRows.map(({ name, symbol }, row) => {
    const most = Math.max(1, ...weeks.map(week => week.marks[name] ?? 0));
    return {
      type: 'scatter',
      ...notInteractive,
      xAxisIndex: 1,
      yAxisIndex: 1,
      symbol,
      data: weeks.flatMap((week, i) => {
        const count = week.marks[name] ?? 0;
        return count === 0 ? [] : [{ value: [i, row], symbolSize: 4 + 5 * Math.sqrt(count / most) }];
      }),
      itemStyle: { color: 'var(--mark)', opacity: 1 },
    };
  });
}
