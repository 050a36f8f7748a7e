/**
 * Orders two strings by their UTF-8 bytes, as PostgreSQL's collation "C" does.
 * JavaScript's own order is that of UTF-16 units, which differs where one side has a surrogate pair.
 */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return inCodePointOrder(x) - inCodePointOrder(y);
  }
  return a.length - b.length;
}

// Surrogates stand for code points above every other unit, so they are moved behind U+E000–U+FFFF.
function inCodePointOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** A rollout's place in its stream: the moment of its exposure, then its name by bytes. */
export interface SortKey {
  readonly exposed: number;
  readonly name: string;
}

export function compareSortKeys(a: SortKey, b: SortKey): number {
  return a.exposed - b.exposed || compareBytes(a.name, b.name);
}
