/** A parameter that makes a query unanswerable. */
export interface QueryFault {
  readonly field: string;
  readonly detail: string;
}

export type Query = Readonly<Record<string, unknown>>;

/**
 * Reads the parameters of a query as text. An empty parameter is an absent one; one that is given twice is absent too,
 * and adds a fault.
 * @param faults the list that faults are added to
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

/** A fault for each parameter that does not exist, so that a misspelt one is not ignored. */
export function unknownParameters(query: Query, known: readonly string[]): QueryFault[] {
  return Object.keys(query)
    .filter(field => !known.includes(field))
    .map(field => ({ field, detail: `is not a parameter; these are: ${known.join(', ')}` }));
}
