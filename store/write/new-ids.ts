/** Stands for the id from which on rows are new, where no row is. */
export const noNewIds = Number.MAX_SAFE_INTEGER;

/**
 * The least id of rows that were just inserted; {@link noNewIds} where there are none. Ids only grow, and only the holder
 * of a service's lock inserts rows of it: among the rows of the locked services, those from this id on are new.
 */
export const leastId = (rows: readonly { readonly id: number }[]): number =>
  rows.reduce((least, { id }) => Math.min(least, id), noNewIds);
