import { counted, dash } from '../../web/words.ts';
import { type Metric, metrics } from '../headline.ts';
import type { Numbers } from '../numbers.ts';
import type { ServiceReport, WeeklyReport } from '../report.ts';
import { type Trend, trendSize } from '../trend.ts';
import { valueText } from './trend-words.ts';

/** How many services a report of one page lists. */
export const servicesMax = 20;

/** A number and what it stands on, for a table: `8 % (3 of 37)`; a dash without samples. */
export function cellText(metric: Metric, numbers: Numbers): string {
  const samples = metric.samples(numbers);
  const value = samples === 0 && metric.kind === 'rate' ? null : metric.value(numbers);
  if (value === null) return dash;
  const on = metric.successes
    ? `${metric.successes(numbers)} of ${samples}`
    : counted(samples, metric.sample);
  return `${valueText(metric, value)} (${on})`;
}

/** The services of which the last full week, or what is open now, tells anything: the worst movers first. */
export function servicesToList(report: WeeklyReport): { listed: readonly ServiceReport[]; left: number } {
  const told = report.services.filter(
    ({ lastWeek, openIncidents }) =>
      openIncidents > 0 || (lastWeek && metrics.some(metric => metric.samples(lastWeek) > 0)),
  );
  const worst = new Map(told.map(service => [service, worstMove(service.movements)]));
  const sorted = told.toSorted(
    (a, b) => b.openIncidents - a.openIncidents || (worst.get(b) ?? 0) - (worst.get(a) ?? 0),
  );
  return { listed: sorted.slice(0, servicesMax), left: Math.max(0, sorted.length - servicesMax) };
}

function worstMove(movements: readonly Trend[]): number {
  return metrics.reduce((worst, metric, i) => {
    const movement = movements[i];
    const isWorse = movement?.verdict === 'worse' && movement.doubt === null;
    return isWorse ? Math.max(worst, trendSize(metric, movement)) : worst;
  }, 0);
}
