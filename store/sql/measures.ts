import { type RawBuilder, sql } from 'kysely';
import { type Measure, measures } from '../../domain/metrics/measures.ts';

/** The number of a measure in `observation.measure`, as a literal. */
export function measureId(measure: Measure): RawBuilder<number> {
  return sql.raw(String(measures[measure].id));
}

/** The numbers of several measures, separated by commas. */
export function measureIds(...of: readonly Measure[]): RawBuilder<unknown> {
  return sql.join(of.map(measureId));
}
