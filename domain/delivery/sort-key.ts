import { compareBytes } from '../events/byte-order.ts';

/** The position of a rollout in its stream: ordered by the time of its first exposure, then by the bytes of its name. */
export interface SortKey {
  /** Milliseconds since 1970. */
  readonly exposedAt: number;
  readonly name: string;
}

export function compareSortKeys(a: SortKey, b: SortKey): number {
  return a.exposedAt - b.exposedAt || compareBytes(a.name, b.name);
}
