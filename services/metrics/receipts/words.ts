import type { Kind } from '../../../store/explain/kinds.ts';
import { counted, dash, duration, percent, rate } from '../web/words.ts';
import type { Receipt } from './receipt.ts';

type Named = Pick<Receipt, 'metric' | 'labels'>;

const labelSaid: Readonly<Record<string, string>> = {
  '0.5': 'median',
  '0.9': '90th percentile',
  created_to_merged: 'created to merged',
  merged_to_exposed: 'merged to exposed',
  exposed_to_full: 'exposed to full',
  rolled_back: 'rolled back',
};

/** `Lead time, median` */
export function titleOf({ metric, labels }: Named): string {
  const words = metric.replace(/_(seconds|samples)$/, '').replaceAll('_', ' ');
  const about = metric.endsWith('_samples') ? ['samples'] : [];
  const said = [...about, ...Object.values(labels).map(label => labelSaid[label] ?? label)];
  return [words.charAt(0).toUpperCase() + words.slice(1), ...said].join(', ');
}

/** The value in the words of its unit. */
export function valueText(metric: string, value: number | null): string {
  if (value === null) return dash;
  if (metric.endsWith('_seconds')) return duration(value);
  if (metric.endsWith('_ratio')) return percent(value);
  return metric.endsWith('_per_day') ? rate(value) : String(value);
}

/** How the items make the value, with the figures. */
export function wayText({ way, rank, parts, from, to, counted: page }: Receipt): string {
  const countOf = (part: string) => parts.find(each => each.part === part)?.count ?? null;
  const samples = countOf('samples');
  switch (way) {
    case 'count':
      return samples === null && page?.next
        ? 'One for each of those counted below.'
        : `${counted(samples ?? page?.items.length ?? 0, 'item')}, one for each of those counted below.`;
    case 'ratio':
      return `${countOf('numerator')} ÷ ${countOf('denominator')}: those counted above the line, divided by the exposed rollouts below it.`;
    case 'quantile': {
      if (!samples) return 'There are no samples.';
      const place = Math.max(1, Math.ceil((rank ?? 0) * samples));
      return `Number ${place} of ${counted(samples, 'sample')} in the order of their values.`;
    }
    case 'mean':
      return `The sum of ${counted(samples ?? 0, 'sample')}, divided by their number.`;
    case 'sum':
      return `The sum of ${counted(samples ?? 0, 'sample')}.`;
    case 'per_day': {
      const days = from === null ? 0 : (Date.parse(to) - Date.parse(from)) / 86_400_000;
      return `${counted(samples ?? 0, 'rollout')} in ${Number(days.toFixed(2))} days.`;
    }
  }
}

/** What happened to the item at its moment. */
export const kindText: Readonly<Partial<Record<Kind, string>>> = {
  exposed: 'first met real traffic',
  progressive: 'took traffic in steps',
  reworked: 'repaired a failure',
  intervened: 'was rolled back or blamed for an incident',
  contained: 'was rolled back before it had all traffic',
  escaped: 'was rolled back after it had all traffic',
  lead_time: 'first met real traffic, so long after its merge',
  created_to_merged: 'was merged, so long after its creation',
  exposed_to_full: 'had all traffic, so long after its first exposure',
  restored: 'ended',
  outage_recovered: 'ended; it is blamed on a rollout',
  rollback_recovered: 'was rolled back, so long after its exposure',
  open: 'is open since',
  ever_exposed: 'first met real traffic',
  ever_rolled_back: 'was rolled back',
};
