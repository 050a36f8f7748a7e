import type { EChartsOption } from 'echarts';
import { escapeHtml } from '../../web/html.ts';
import { counted, days, duration, percent } from '../../web/words.ts';
import { metrics } from '../headline.ts';
import { type Numbers, pick } from '../numbers.ts';
import { weekReceiptsLink } from '../render/links.ts';
import type { WeeklyReport } from '../report.ts';
import { axisFor } from './axis.ts';
import { drawSvg } from './echarts.ts';
import { tooltipsHtml } from './tooltips.ts';
import { layout } from './trend-chart.ts';

const count = (numbers: Numbers, containment: string) =>
  pick(numbers, 'rolled_back_changes', containment) ?? 0;

/** The section of contained failures: those that were caught before full traffic beside those that escaped. */
export function containedHtml(report: WeeklyReport): string {
  const { overall, weeks } = report;
  const contained = count(overall, 'contained');
  const escaped = count(overall, 'escaped');
  const title = '<h2 id="saved">Caught before full traffic</h2>';
  if (contained + escaped === 0)
    return `<section aria-labelledby="saved">${title}<p>No rollout was rolled back in these weeks.</p></section>`;
  const seconds = pick(overall, 'failed_exposure_seconds');
  const share = escapeHtml(percent(contained / (contained + escaped)));
  return [
    `<section class="saved" aria-labelledby="saved">${title}`,
    '<div class="saved-parts"><div>',
    `<p class="big">${contained} of ${contained + escaped}</p>`,
    `<p>failures (${share}) were <b>contained</b>: rolled back before they had all of the traffic. ${escaped === 0 ? 'None' : escaped} <b>escaped</b> to everyone.</p>`,
    `<p class="on">Customers spent ${escapeHtml(duration(seconds))} on bad changes in ${counted(weeks.length, 'week')}, weighted by traffic.</p>`,
    '<p class="key"><span><i class="swatch contained"></i>contained</span> <span><i class="swatch escaped"></i>escaped</span></p>',
    '</div>',
    chart(report),
    '</div></section>',
  ].join('\n');
}

function chart(report: WeeklyReport): string {
  const { weeks, timezone } = report;
  const tooltips = weeks.map(({ from, to, week, partial, numbers }) => {
    const [contained, escaped] = [count(numbers, 'contained'), count(numbers, 'escaped')];
    const range = days(Date.parse(from), Date.parse(to), timezone);
    const text = `${range}${partial ? ', so far' : ''}: ${contained} contained, ${escaped} escaped`;
    return {
      text,
      href: contained + escaped === 0 ? null : weekReceiptsLink(report, 'rolled_back_changes', week),
    };
  });
  const svg = drawSvg({
    width: layout.width,
    height: 176,
    id: 'chart-saved',
    titleHtml: `Rolled back rollouts, ${counted(weeks.length, 'week')}`,
    descriptionHtml: escapeHtml(`${tooltips.map(({ text }) => text).join('. ')}.`),
    option: option(report),
  });
  return `<div class="chart">${svg}${tooltipsHtml(tooltips)}</div>`;
}

function option({ weeks, timezone }: WeeklyReport): EChartsOption {
  const rateMetric = metrics.find(({ kind }) => kind === 'rate');
  const totals = weeks.map(({ numbers }) => count(numbers, 'contained') + count(numbers, 'escaped'));
  const largest = Math.max(...totals);
  const step = rateMetric ? Math.max(1, Math.ceil(axisFor(rateMetric, largest).step)) : 1;
  const stride = Math.ceil(weeks.length / 4);
  const bar = (name: string, color: string) => ({
    type: 'bar' as const,
    stack: 'rolled back',
    silent: true,
    barWidth: '64%',
    emphasis: { disabled: true },
    data: weeks.map(({ numbers, partial }) => ({
      value: count(numbers, name),
      itemStyle: { color, opacity: partial ? 0.55 : 1 },
    })),
  });
  return {
    textStyle: { fontFamily: 'inherit', fontSize: 12 },
    grid: { left: layout.left, right: layout.right, top: layout.top, height: 132, outerBoundsMode: 'none' },
    xAxis: {
      type: 'category',
      data: weeks.map(week => days(Date.parse(week.from), Date.parse(week.from) + 1, timezone)),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: 'var(--quiet)' } },
      axisLabel: {
        color: 'var(--quiet)',
        fontSize: 12,
        margin: 9,
        interval: i => (weeks.length - 1 - i) % stride === 0,
      },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: step * Math.max(2, Math.ceil(largest / step)),
      interval: step,
      splitLine: { lineStyle: { color: 'var(--rule)' } },
      axisLabel: { color: 'var(--quiet)', fontSize: 12 },
    },
    series: [bar('contained', 'var(--contained)'), bar('escaped', 'var(--escaped)')],
  };
}
