/** The share of a property's runs that are done: `npm test` does all of them, `npm run check` a tenth. */
const factor = Number(process.env['PROPERTY_RUNS_FACTOR'] ?? 1);
if (!(factor > 0)) throw new Error('PROPERTY_RUNS_FACTOR must be a number above 0, such as 0.1 or 10.');

/** The `numRuns` of a property. @param full the number of runs in `npm test` */
export const runs = (full: number): number => Math.ceil(full * factor);
