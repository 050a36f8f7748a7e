import { compareBytes } from '../events/byte-order.ts';

/** A resolved incident: from its earliest detection to its latest resolution, in milliseconds. */
export interface Resolved {
  readonly id: number;
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Resolved incidents that overlap or touch. Its id is that of its first incident. */
export interface Outage {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  readonly incidents: readonly number[];
}

/** The outages of one stream, in the order of time. */
export function outagesOf(incidents: readonly Resolved[]): Outage[] {
  const outages: (Outage & { to: number; incidents: number[] })[] = [];
  for (const { id, from, to } of incidents.toSorted(
    (a, b) => a.from - b.from || compareBytes(a.name, b.name),
  )) {
    const last = outages.at(-1);
    if (last && from <= last.to) {
      last.to = Math.max(last.to, to);
      last.incidents.push(id);
    } else outages.push({ id, from, to, incidents: [id] });
  }
  return outages;
}
