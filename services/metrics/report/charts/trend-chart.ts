import type { EChartsOption, LineSeriesOption, ScatterSeriesOption } from 'echarts';
import { wilson } from '../../../../domain/metrics/statistics.ts';
import { days } from '../../web/words.ts';
import type { Metric } from '../headline.ts';
import type { Numbers } from '../numbers.ts';
import type { WeeklyReport, WeekReport } from '../report.ts';
import { type Trend, weeksBefore } from '../trend.ts';
import { axisFor } from './axis.ts';
import { benchmarksOf } from './benchmarks.ts';

/** Where a chart's parts lie, in the chart's own units; what lies over it needs to know. */
export const layout = {
  width: 400,
  height: 226,
  left: 52,
  right: 8,
  top: 12,
  plot: 132,
  marks: 178,
  rows: 34,
};

/** A metric by week, null where it stands on nothing; no deployments are none once there have been some. */
function valuesOf(metric: Metric, weeks: readonly WeekReport[]): (number | null)[] {
  const first = weeks.findIndex(({ numbers }) => metric.samples(numbers) > 0);
  return weeks.map(({ numbers }, i) =>
    metric.kind === 'rate' && (first < 0 || i < first) ? null : metric.value(numbers),
  );
}

/** The options of a trend: one line over the weeks, what its ratio's interval is, DORA's answers and marks behind it. */
export function trendOption(metric: Metric, report: WeeklyReport, movement: Trend): EChartsOption {
  const { weeks, timezone } = report;
  const values = valuesOf(metric, weeks);
  const intervals = weeks.map(({ numbers }) => intervalOf(metric, numbers));
  const usual = movement.usual ?? 0;
  const highs = intervals.map(interval => Math.min(interval?.high ?? 0, 1));
  // An interval of two rollouts reaches nearly everywhere: it may be cut off, the values may not.
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
      { left, right, top: layout.marks, height: layout.rows, outerBoundsMode: 'none' },
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
      bands(metric, report, axis.max, values),
      ...(metric.kind === 'ratio' ? intervalArea(intervals, axis.max) : []),
      usualLine(movement, last, weeks.length),
      ...valueLines(values, last),
      ...marks(report),
    ],
  };
}

function intervalOf(metric: Metric, numbers: Numbers) {
  return metric.successes ? wilson(metric.successes(numbers), metric.samples(numbers)) : null;
}

const still = { silent: true, symbol: 'none', emphasis: { disabled: true } } as const;

function bands(
  metric: Metric,
  report: WeeklyReport,
  max: number,
  values: readonly (number | null)[],
): LineSeriesOption {
  const newest = values.findLast(value => value !== null) ?? 0;
  const shown = benchmarksOf(metric, report.service !== null).filter(({ from }) => from < max);
  return {
    type: 'line',
    ...still,
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
              // Not where the newest weeks are.
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
  const line = { type: 'line', ...still, stack: 'interval', lineStyle: { opacity: 0, width: 0 } } as const;
  return [
    { ...line, data: intervals.map(interval => interval?.low ?? null) },
    {
      ...line,
      data: intervals.map(interval => interval && Math.min(interval.high, max) - interval.low),
      areaStyle: { color: 'var(--accent)', opacity: 0.16 },
    },
  ];
}

/** What the last full week is held against, drawn over the weeks that it is made of. */
function usualLine({ usual }: Trend, last: number, count: number): LineSeriesOption {
  const isIn = (i: number) => usual !== null && i >= last - weeksBefore && i <= last;
  return {
    type: 'line',
    ...still,
    data: Array.from({ length: count }, (_, i) => (isIn(i) ? usual : null)),
    lineStyle: { color: 'var(--ink)', width: 1.25, type: [4, 3] },
  };
}

/** A dashed way to the running week, a hollow point in it; the last full week stands out. */
function valueLines(values: readonly (number | null)[], last: number): LineSeriesOption[] {
  const color = 'var(--accent)';
  const dense = values.length > 30;
  const full = values.map((value, i) => ({
    value: i <= last ? value : null,
    symbolSize: i === last ? 8 : dense ? 3 : 4.5,
  }));
  return [
    {
      type: 'line',
      ...still,
      data: values.map((value, i) => (i >= last && last >= 0 ? value : null)),
      lineStyle: { color, width: 1.5, type: [3, 3] },
    },
    {
      type: 'line',
      ...still,
      symbol: 'circle',
      data: full,
      itemStyle: { color },
      lineStyle: { color, width: 2 },
    },
    {
      type: 'line',
      ...still,
      symbol: 'circle',
      symbolSize: 7,
      data: values.map((value, i) => (i > last ? value : null)),
      itemStyle: { color: 'var(--panel)', borderColor: color, borderWidth: 1.75 },
      lineStyle: { width: 0 },
    },
  ];
}

const forms = [
  { name: 'bigRollouts', symbol: 'triangle' },
  { name: 'outages', symbol: 'circle' },
  { name: 'flagChanges', symbol: 'diamond' },
] as const;

/** One row each; the more there was of it, the larger. */
function marks({ weeks }: WeeklyReport): ScatterSeriesOption[] {
  return forms.map(({ name, symbol }, row) => {
    const most = Math.max(1, ...weeks.map(week => week.marks[name] ?? 0));
    return {
      type: 'scatter',
      ...still,
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
