import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';

/** The data sources are variables, so that a Grafana with other data sources can choose its own. */
export const prometheus = { type: 'prometheus', uid: '${prometheus_datasource}' };
export const postgres = { type: 'grafana-postgresql-datasource', uid: '${postgres_datasource}' };

export type Query = Builder<Dataquery>;

/** A series over time. @param legend Grafana's format: `{{service}}` */
export const over = (expr: string, legend: string, ref = 'A'): Query =>
  new DataqueryBuilder().datasource(prometheus).refId(ref).expr(expr).legendFormat(legend).range();

/** The value now. */
export const now = (expr: string, legend: string, ref = 'A'): Query =>
  new DataqueryBuilder().datasource(prometheus).refId(ref).expr(expr).legendFormat(legend).instant();

/** The values now as a table, a column for each label. */
export const rows = (expr: string, ref: string): Query =>
  new DataqueryBuilder().datasource(prometheus).refId(ref).expr(expr).format(PromQueryFormat.Table).instant();

/**
 * A query in SQL; the SDK has no builder for it.
 * @param format `time_series`: a column `time` and one for each series
 * @see https://grafana.com/docs/grafana/latest/datasources/postgres/
 */
export function sqlQuery(rawSql: string, format: 'table' | 'time_series' = 'table'): Query {
  const query = {
    refId: 'A',
    datasource: postgres,
    editorMode: 'code',
    format,
    rawQuery: true,
    rawSql,
  };
  // The SDK recognizes a query by this method, which JSON leaves out.
  return { build: () => ({ ...query, _implementsDataqueryVariant: () => {} }) };
}

/** A `dora_` series, once, although every replica of the metrics service has it. */
export const acrossReplicas = (name: string, matchers: string) =>
  `max without (instance, job) (${name}{${matchers}})`;
