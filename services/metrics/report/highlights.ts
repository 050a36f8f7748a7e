import { compareBytes } from '../../../domain/events/byte-order.ts';
import { openDaysMax } from '../../../domain/metrics/definitions.ts';
import { counted, duration } from '../web/words.ts';
import { type Metric, metrics } from './headline.ts';
import { pick } from './numbers.ts';
import { lastText, valueText } from './render/trend-words.ts';
import type { ServiceReport, WeeklyReport } from './report.ts';
import { type Trend, trendSize } from './trend.ts';

/** The kinds of highlights, the most important first. */
const kinds = ['open', 'failures', 'worse', 'contained', 'better'] as const;

/** Something in a report that a reader should look at. */
export interface Highlight {
  readonly kind: (typeof kinds)[number];
  readonly tone: 'bad' | 'good';
  /** null: all services of the report together. */
  readonly service: string | null;
  /** '': none is known. */
  readonly team: string;
  /** The metric whose receipts show it, a Prometheus name without prefix; null: incidents that are open now. */
  readonly metric: string | null;
  /** A sentence, without the names of service and team. */
  readonly text: string;
}

interface Candidate extends Highlight {
  /** Among highlights of one kind the larger comes first. */
  readonly size: number;
}

const highlightsMax = 3;
/** The most of one kind, so that one bad day of many services does not hide everything else. */
const kindMax = 2;

/**
 * At most three highlights: open incidents, failures that reached all customers, and metrics that are worse than usual
 * beyond doubt; then failures that canaries caught, and metrics that are better than usual beyond doubt. As long as
 * there are others, each service has one highlight and each kind two.
 * @param overall the trends of all services together
 */
export function highlightsOf(report: WeeklyReport, overall: readonly Trend[]): Highlight[] {
  const made = Date.parse(report.made);
  const single = report.services.flatMap(service => candidatesOf(service, made));
  const together = report.services.length > 1 ? movedMetrics(overall, null, report.team ?? '') : [];
  // Where a single service shows the same, that is the better highlight.
  const unexplained = together.filter(
    ({ kind, metric }) => !single.some(other => other.kind === kind && other.metric === metric),
  );
  const inOrder = [...single, ...unexplained].sort(
    (a, b) =>
      kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
      b.size - a.size ||
      compareBytes(a.service ?? '', b.service ?? ''),
  );
  return choose(inOrder).map(({ size: _size, ...item }) => item);
}

function choose(inOrder: readonly Candidate[]): Candidate[] {
  const chosen = new Set<Candidate>();
  const take = (fits: (candidate: Candidate) => boolean) => {
    for (const candidate of inOrder) {
      if (chosen.size === highlightsMax) return;
      if (!chosen.has(candidate) && fits(candidate)) chosen.add(candidate);
    }
  };
  const isNew = ({ service }: Candidate) => ![...chosen].some(other => other.service === service);
  const ofKind = ({ kind }: Candidate) => [...chosen].filter(other => other.kind === kind).length;
  take(candidate => isNew(candidate) && ofKind(candidate) < kindMax);
  take(isNew);
  take(() => true);
  return inOrder.filter(candidate => chosen.has(candidate));
}

function candidatesOf(of: ServiceReport, made: number): Candidate[] {
  return [...openIncidents(of, made), ...failures(of), ...movedMetrics(of.movements, of.service, of.team)];
}

function openIncidents(
  { service, team, openIncidents: count, openSince }: ServiceReport,
  made: number,
): Candidate[] {
  if (openSince === null) return [];
  const seconds = Math.max(0, made - Date.parse(openSince)) / 1000;
  const since = `${count > 1 ? 'the first ' : ''}for ${duration(seconds)}`;
  const forgotten =
    seconds > openDaysMax * 86_400 ? '; it may have been forgotten, or its resolution was lost' : '';
  const text = `${areOpen(count)}, ${since}${forgotten}.`;
  return [{ kind: 'open', tone: 'bad', service, team, metric: null, text, size: count }];
}

/** `1 incident is open`, `3 incidents are open`. */
export function areOpen(count: number): string {
  return `${counted(count, 'incident')} ${count === 1 ? 'is' : 'are'} open`;
}

function failures({ service, team, lastWeek }: ServiceReport): Candidate[] {
  if (!lastWeek) return [];
  const count = (...path: string[]) => pick(lastWeek, ...path) ?? 0;
  const escaped = count('rolled_back_changes', 'escaped');
  const contained = count('rolled_back_changes', 'contained');
  if (escaped + contained === 0) return [];
  const seconds = count('failed_exposure_seconds');
  const spent = `customers spent ${duration(seconds)} on ${escaped + contained === 1 ? 'it' : 'them'}, weighted by traffic`;
  const scope = { service, team, metric: 'rolled_back_changes' };
  if (escaped === 0) {
    const all = contained === 1 ? 'The one failure was' : `All ${contained} failures were`;
    const text = `${all} caught before full traffic; ${spent}.`;
    return [{ kind: 'contained', tone: 'good', ...scope, text, size: contained }];
  }
  const rest = contained === 0 ? '' : `, ${contained} more before it`;
  const text = `${counted(escaped, 'rollout')} ${escaped === 1 ? 'was' : 'were'} rolled back after full traffic${rest}; ${spent}.`;
  return [{ kind: 'failures', tone: 'bad', ...scope, text, size: seconds }];
}

/** The metrics that are better or worse than usual beyond doubt. */
function movedMetrics(trends: readonly Trend[], service: string | null, team: string): Candidate[] {
  return metrics.flatMap((metric, i): Candidate[] => {
    const trend = trends[i];
    if (!trend || trend.doubt !== null) return [];
    const scope = { service, team, metric: metric.name, size: trendSize(metric, trend) };
    const text = movedText(metric, trend);
    if (trend.verdict === 'worse') return [{ kind: 'worse', tone: 'bad', ...scope, text }];
    if (trend.verdict === 'better') return [{ kind: 'better', tone: 'good', ...scope, text }];
    return [];
  });
}

function movedText(metric: Metric, trend: Trend): string {
  const isHigher = (trend.last ?? 0) > (trend.usual ?? 0);
  const how = metric.kind === 'median' ? (isHigher ? 'longer' : 'shorter') : isHigher ? 'higher' : 'lower';
  const usual = valueText(metric, trend.usual);
  return `${metric.title} ${how} than usual: ${lastText(metric, trend)}, usually ${usual}.`;
}
