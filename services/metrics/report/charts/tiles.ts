import { escapeHtml } from '../../web/html.ts';
import { counted, dash, days, percent } from '../../web/words.ts';
import { type Metric, metrics } from '../headline.ts';
import type { Insights } from '../insights.ts';
import { weekReceiptsLink } from '../render/links.ts';
import { cellText } from '../render/rows.ts';
import { valueText } from '../render/trend-words.ts';
import type { WeeklyReport } from '../report.ts';
import type { Trend } from '../trend.ts';
import { drawSvg } from './echarts.ts';
import { tooltipsHtml } from './tooltips.ts';
import { layout, trendOption } from './trend-chart.ts';

/** A tile per headline number: the last full week, what is usual, and the weeks as a chart. */
export function* tilesHtml(report: WeeklyReport, insights: Insights): Generator<string> {
  for (const [i, metric] of metrics.entries()) {
    const trend = insights.changed[i];
    if (trend) yield tile(metric, trend, report);
  }
}

function tile(metric: Metric, trend: Trend, report: WeeklyReport): string {
  const last = report.weeks.findLast(week => !week.partial);
  const value = escapeHtml(
    valueText(metric, trend.samples === 0 && metric.kind === 'rate' ? null : trend.last),
  );
  const big =
    last && trend.last !== null ? linked(value, weekReceiptsLink(report, metric.name, last.week)) : value;
  return [
    `<li data-metric="${metric.name}">`,
    `<h3>${metric.title} <small>${metric.about}</small></h3>`,
    `<p class="now"><span class="big">${big}</span> ${verdictHtml(metric, trend)}</p>`,
    `<p class="on">${escapeHtml(sampleText(metric, trend))}</p>`,
    warning(metric, trend),
    chart(metric, trend, report),
    '</li>',
  ].join('');
}

function linked(html: string, href: string): string {
  return `<a href="${escapeHtml(href)}">${html}</a>`;
}

function sampleText(metric: Metric, { samples, successes, interval, usual }: Trend): string {
  const sample =
    successes === null || samples === 0 ? counted(samples, metric.sample) : `${successes} of ${samples}`;
  const range = interval
    ? ` · 95\u00a0% interval ${Math.round(interval.low * 100)}–${percent(interval.high)}`
    : '';
  const before = usual === null ? '' : ` · usually ${valueText(metric, usual)}`;
  return `${sample}${range}${before}`;
}

/** The verdict of a trend, in words and not by colour alone. */
export function verdictHtml(metric: Metric, { verdict, doubt, last, usual }: Trend): string {
  if (verdict === null) return '';
  if (verdict === 'same') return '<span class="verdict">about as usual</span>';
  const isHigher = (last ?? 0) > (usual ?? 0);
  const arrow = `<span aria-hidden="true">${isHigher ? '▲' : '▼'}</span>`;
  if (doubt !== null)
    return `<span class="verdict">${arrow} ${isHigher ? 'higher' : 'lower'}, unproven</span>`;
  const word = metric.kind === 'rate' ? (isHigher ? 'more often' : 'less often') : verdict;
  return `<span class="verdict ${verdict}">${arrow} ${word}</span>`;
}

function warning(metric: Metric, { doubt, verdict, samples, last }: Trend): string {
  if (last === null || samples === 0) return '';
  if (doubt === 'few') return '<p class="warning">Too few samples to conclude anything.</p>';
  if (doubt === 'chance' && verdict !== 'same') return '<p class="on">No more than chance explains.</p>';
  return metric.kind === 'ratio' && verdict === null && samples < 10
    ? '<p class="warning">Too few samples to conclude anything.</p>'
    : '';
}

function chart(metric: Metric, trend: Trend, report: WeeklyReport): string {
  const { weeks, timezone } = report;
  const tooltips = weeks.map(week => {
    const range = days(Date.parse(week.from), Date.parse(week.to), timezone);
    const text = `${range}${week.partial ? ', so far' : ''}: ${cellText(metric, week.numbers)}`;
    const isEmpty = metric.samples(week.numbers) === 0;
    return { text, href: isEmpty ? null : weekReceiptsLink(report, metric.name, week.week) };
  });
  const texts = tooltips.filter(({ href }) => href !== null).map(({ text }) => text);
  const description =
    texts.length === 0 ? 'No samples in these weeks.' : `Week by week. ${texts.join('. ')}.`;
  const svg = drawSvg({
    width: layout.width,
    height: layout.height,
    id: `chart-${metric.name.replaceAll('_', '-')}`,
    titleHtml: escapeHtml(`${metric.title}, ${counted(weeks.length, 'week')}`),
    descriptionHtml: escapeHtml(description),
    option: trendOption(metric, report, trend),
  });
  const empty = texts.length === 0 ? `<p class="empty">${dash} no samples in these weeks</p>` : '';
  return `<div class="chart">${svg}${empty}${tooltipsHtml(tooltips)}</div>`;
}
