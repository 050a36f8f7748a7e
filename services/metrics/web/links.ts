/** The page of a change's story. */
export function changeLink(service: string, change: string): string {
  return `/changes/${encodeURIComponent(service)}/${encodeURIComponent(change)}`;
}

/** The page of receipts; parameters that are empty are left out. */
export function receiptsLink(query: Readonly<Record<string, string | null | undefined>>): string {
  const set = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === null || value === undefined || value === '' ? [] : [[name, value]],
  );
  return `/receipts?${new URLSearchParams(set)}`;
}
