import { counted, dash } from '../../web/words.ts';
import { type Metric, metrics } from '../headline.ts';
import type { Numbers } from '../numbers.ts';
import type { ServiceReport, WeeklyReport } from '../report.ts';
import { type Trend, trendSize } from '../trend.ts';
import { valueText } from './trend-words.ts';

/** The most services that a report of one page lists. */
export const servicesMax = 20;

/** A number in a table: `8 % (3 of 37)`; a dash without samples. */
export function cellText(metric: Metric, numbers: Numbers): string {
  const { value, samples } = cellParts(metric, numbers);
  return samples === '' ? value : `${value} ${samples}`;
}

/** A number in a table, and the samples that it stands on: `8 %`, `(3 of 37)`; a dash and '' without samples. */
export function cellParts(metric: Metric, numbers: Numbers): { value: string; samples: string } {
  const samples = metric.samples(numbers);
  const value = samples === 0 && metric.kind === 'rate' ? null : metric.value(numbers);
  if (value === null) return { value: dash, samples: '' };
  const basis = metric.successes
    ? `${metric.successes(numbers)} of ${samples}`
    : counted(samples, metric.sample);
  return { value: valueText(metric, value), samples: `(${basis})` };
}

/** The services with samples in the last full week or with open incidents; those that got worst come first. */
export function servicesToList(report: WeeklyReport): { listed: readonly ServiceReport[]; left: number } {
  const active = report.services.filter(
    ({ lastWeek, openIncidents }) =>
      openIncidents > 0 || (lastWeek && metrics.some(metric => metric.samples(lastWeek) > 0)),
  );
  const worst = new Map(active.map(service => [service, worstTrend(service.movements)]));
  const sorted = active.toSorted(
    (a, b) => b.openIncidents - a.openIncidents || (worst.get(b) ?? 0) - (worst.get(a) ?? 0),
  );
  return { listed: sorted.slice(0, servicesMax), left: Math.max(0, sorted.length - servicesMax) };
}

/** The size of the worst trend that is beyond doubt; 0 where none is worse. */
function worstTrend(trends: readonly Trend[]): number {
  return metrics.reduce((worst, metric, i) => {
    const trend = trends[i];
    const isWorse = trend?.verdict === 'worse' && trend.doubt === null;
    return isWorse ? Math.max(worst, trendSize(metric, trend)) : worst;
  }, 0);
}
