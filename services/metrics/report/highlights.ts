import { compareBytes } from '../../../domain/events/byte-order.ts';
import { openDaysMax } from '../../../domain/metrics/definitions.ts';
import { counted, duration } from '../web/words.ts';
import { type Metric, metrics } from './headline.ts';
import { pick } from './numbers.ts';
import { lastText, valueText } from './render/trend-words.ts';
import type { ServiceReport, WeeklyReport } from './report.ts';
import { type Trend, trendSize } from './trend.ts';

/** What a kind of thing is, the most important first. */
const kinds = ['open', 'failures', 'worse', 'contained', 'better'] as const;

/** One thing to look at, and whom it concerns. */
export interface Highlight {
  readonly kind: (typeof kinds)[number];
  readonly tone: 'bad' | 'good';
  /** null: all that the report is about. */
  readonly service: string | null;
  /** '' where nobody named one. */
  readonly team: string;
  /** Whose receipts show it: a Prometheus name without prefix; null: the incidents that are open now. */
  readonly metric: string | null;
  /** A sentence without names. */
  readonly text: string;
}

interface Candidate extends Highlight {
  /** Of two of a kind the larger one comes first. */
  readonly size: number;
}

const most = 3;
/** So that one bad day of many services does not hide all else. */
const mostOfKind = 2;

/**
 * The things to look at: open incidents, failures that reached all customers, what moved for the worse and with
 * enough samples to say so; where these leave room, what canaries caught, and what moved for the better.
 * At first one of each service, and no more than two of a kind.
 * @param overall the movements of all services together
 */
export function highlightsOf(report: WeeklyReport, overall: readonly Trend[]): Highlight[] {
  const made = Date.parse(report.made);
  const single = report.services.flatMap(service => candidatesOf(service, made));
  const together = report.services.length > 1 ? movers(overall, null, report.team ?? '') : [];
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
      if (chosen.size === most) return;
      if (!chosen.has(candidate) && fits(candidate)) chosen.add(candidate);
    }
  };
  const isNew = ({ service }: Candidate) => ![...chosen].some(other => other.service === service);
  const ofKind = ({ kind }: Candidate) => [...chosen].filter(other => other.kind === kind).length;
  take(candidate => isNew(candidate) && ofKind(candidate) < mostOfKind);
  take(isNew);
  take(() => true);
  return inOrder.filter(candidate => chosen.has(candidate));
}

function candidatesOf(of: ServiceReport, made: number): Candidate[] {
  return [...open(of, made), ...failures(of), ...movers(of.movements, of.service, of.team)];
}

function open({ service, team, openIncidents, openSince }: ServiceReport, made: number): Candidate[] {
  if (openSince === null) return [];
  const seconds = Math.max(0, made - Date.parse(openSince)) / 1000;
  const since = `${openIncidents > 1 ? 'the first ' : ''}for ${duration(seconds)}`;
  const forgotten =
    seconds > openDaysMax * 86_400 ? '; it may have been forgotten, or its resolution was lost' : '';
  const text = `${areOpen(openIncidents)}, ${since}${forgotten}.`;
  return [{ kind: 'open', tone: 'bad', service, team, metric: null, text, size: openIncidents }];
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
  const about = { service, team, metric: 'rolled_back_changes' };
  if (escaped === 0) {
    const all = contained === 1 ? 'The one failure was' : `All ${contained} failures were`;
    const text = `${all} caught before full traffic; ${spent}.`;
    return [{ kind: 'contained', tone: 'good', ...about, text, size: contained }];
  }
  const rest = contained === 0 ? '' : `, ${contained} more before it`;
  const text = `${counted(escaped, 'rollout')} ${escaped === 1 ? 'was' : 'were'} rolled back after full traffic${rest}; ${spent}.`;
  return [{ kind: 'failures', tone: 'bad', ...about, text, size: seconds }];
}

/** What moved beyond doubt. */
function movers(movements: readonly Trend[], service: string | null, team: string): Candidate[] {
  return metrics.flatMap((metric, i): Candidate[] => {
    const movement = movements[i];
    if (!movement || movement.doubt !== null) return [];
    const about = { service, team, metric: metric.name, size: trendSize(metric, movement) };
    const text = moverText(metric, movement);
    if (movement.verdict === 'worse') return [{ kind: 'worse', tone: 'bad', ...about, text }];
    if (movement.verdict === 'better') return [{ kind: 'better', tone: 'good', ...about, text }];
    return [];
  });
}

function moverText(metric: Metric, movement: Trend): string {
  const isHigher = (movement.last ?? 0) > (movement.usual ?? 0);
  const how = metric.kind === 'median' ? (isHigher ? 'longer' : 'shorter') : isHigher ? 'higher' : 'lower';
  const usual = valueText(metric, movement.usual);
  return `${metric.title} ${how} than usual: ${lastText(metric, movement)}, usually ${usual}.`;
}
