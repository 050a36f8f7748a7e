import { metricOf } from '../../../domain/metrics/families.ts';
import { isMeasure, measures, metricMeasures } from '../../../domain/metrics/measures.ts';
import type { Kind } from '../../../store/explain/kinds.ts';
import { counted, dash, duration, percent, rate } from '../web/words.ts';
import type { Receipt } from './receipt.ts';

type Named = Pick<Receipt, 'metric' | 'labels'>;

const quantileTexts: Readonly<Record<string, string>> = { '0.5': 'median', '0.9': '90th percentile' };

/** `Lead time, median` */
export function titleOf({ metric, labels }: Named): string {
  const title = metricOf(metric)?.title ?? metric;
  const values = Object.entries(labels).map(([label, value]) =>
    label === 'quantile' ? (quantileTexts[value] ?? value) : value.replaceAll('_', ' '),
  );
  return [title, ...values].join(', ');
}

/** The value in the words of its unit. */
export function valueText(metric: string, value: number | null): string {
  if (value === null) return dash;
  switch (metricOf(metric)?.unit) {
    case 'seconds':
      return duration(value);
    case 'ratio':
      return percent(value);
    case 'per_day':
      return rate(value);
    default:
      return String(value);
  }
}

/** How the items make the value, with the figures. */
export function wayText({ way, rank, parts, from, to, counted: page }: Receipt): string {
  const partOf = (part: string) => parts.find(each => each.part === part);
  const countOf = (part: string) => partOf(part)?.count ?? null;
  const pluralOf = (part: string) => (partOf(part)?.of ?? []).map(pluralText).join(' and ');
  const samples = countOf('samples');
  switch (way) {
    case 'count':
      return samples === null && page?.next
        ? 'One for each of those counted below.'
        : `${counted(samples ?? page?.items.length ?? 0, 'item')}, one for each of those counted below.`;
    case 'ratio':
      return `${countOf('numerator')} ÷ ${countOf('denominator')}: those counted above the line, divided by the ${pluralOf('denominator')} below it.`;
    case 'quantile': {
      if (!samples) return 'There are no samples.';
      const position = Math.max(1, Math.ceil((rank ?? 0) * samples));
      return `Number ${position} of ${counted(samples, 'sample')} in the order of their values.`;
    }
    case 'mean':
      return `The sum of ${counted(samples ?? 0, 'sample')}, divided by their number.`;
    case 'sum':
      return `The sum of ${counted(samples ?? 0, 'sample')}.`;
    case 'per_day': {
      const days = from === null ? 0 : (Date.parse(to) - Date.parse(from)) / 86_400_000;
      return `${counted(samples ?? 0, subjectText(partOf('samples')?.of[0]))} in ${Number(days.toFixed(2))} days.`;
    }
  }
}

/** What happened to the item at its timestamp. */
export const kindText: Readonly<Partial<Record<Kind, string>>> = {
  ...Object.fromEntries(metricMeasures.map(measure => [measure, measures[measure].happened])),
  open: 'is open since',
  ever_exposed: 'first met real traffic',
  ever_rolled_back: 'was rolled back',
};

// The command line may print the receipts of a newer server, with measures that it does not know.
function pluralText(name: string): string {
  const measure = isMeasure(name) ? measures[name] : null;
  return measure?.role === 'metric' ? measure.plural : name.replaceAll('_', ' ');
}

function subjectText(name = ''): string {
  return isMeasure(name) ? measures[name].subject : 'item';
}
