/** Something in a query that cannot be answered. */
export interface QueryFault {
  readonly field: string;
  readonly detail: string;
}

export type Query = Readonly<Record<string, unknown>>;

/**
 * Reads one parameter after the other as text; an empty one is an absent one, and so is one that was given twice,
 * which is a fault.
 */
export function textsOf(query: Query, faults: QueryFault[]): (field: string) => string | null {
  return field => {
    const value = query[field];
    if (value === undefined || value === '') return null;
    if (typeof value === 'string') return value;
    faults.push({ field, detail: 'may be given once only' });
    return null;
  };
}

/** The parameters that do not exist: a misspelt one must not vanish. */
export function unknownParameters(query: Query, known: readonly string[]): QueryFault[] {
  return Object.keys(query)
    .filter(field => !known.includes(field))
    .map(field => ({ field, detail: `is not a parameter; these are: ${known.join(', ')}` }));
}
