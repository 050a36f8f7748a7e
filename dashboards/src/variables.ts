import {
  ConstantVariableBuilder,
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { windows } from '../../domain/metrics/definitions.ts';
import { postgres, prometheus } from './sources.ts';

/** The address of the weekly page and the receipts: a constant, hidden and not changed by a dashboard's own address. */
export const firstlightUrl = (url: string) =>
  new ConstantVariableBuilder('firstlight')
    .label('Firstlight')
    .value(url)
    .description('Address of the weekly page and the receipts');

export const prometheusSource = () =>
  new DatasourceVariableBuilder('prometheus_datasource')
    .label('Prometheus data source')
    .type('prometheus')
    .current({ text: 'Prometheus', value: 'firstlight-prometheus' });

export const postgresSource = () =>
  new DatasourceVariableBuilder('postgres_datasource')
    .label('PostgreSQL data source')
    .type(postgres.type)
    .current({ text: 'Firstlight database', value: 'firstlight-postgres' });

/** The values that a label has in Prometheus. */
const labelValues = (name: string, label: string, query: string) =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(prometheus)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalCaseInsensitiveAsc);

const production = { text: 'production', value: 'production' };
const all = { text: 'All', value: '$__all' };

export const environment = (metric: string) =>
  labelValues('environment', 'Environment', `label_values(${metric}, environment)`).current(production);

/** "All" matches any text, so that it includes services without a team. */
export const team = () =>
  labelValues('team', 'Team', 'label_values(dora_team_exposed_changes, team)')
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current(all);

export const service = () =>
  labelValues('service', 'Service', 'label_values(dora_exposed_changes{team=~"$team"}, service)');

/** The windows of every number. */
export const window = () => {
  const names = windows.map(days => `${days}d`);
  return new CustomVariableBuilder('window')
    .label('Window')
    .values(names.join(','))
    .options(names.map(name => ({ text: name, value: name, selected: name === '30d' })))
    .current({ text: '30d', value: '30d' });
};

/** The values that a column has in the database. */
const columnValues = (name: string, label: string, query: string) =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(postgres)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged);

/** The team, with a name that can be chosen for services without one. */
export const teamColumn = `coalesce(nullif(team, ''), '(no team)')`;

export const storedEnvironment = () =>
  columnValues(
    'environment',
    'Environment',
    'select distinct environment from report_rollouts order by 1',
  ).current(production);

export const storedTeams = () =>
  columnValues('team', 'Team', `select distinct ${teamColumn} from report_rollouts order by 1`)
    .multi(true)
    .includeAll(true)
    .current(all);

export const storedServices = () =>
  columnValues(
    'service',
    'Service',
    `select distinct service from report_rollouts where ${teamColumn} in (\${team:sqlstring}) order by 1`,
  )
    .multi(true)
    .includeAll(true)
    .current(all);

export const zone = () =>
  new TextBoxVariableBuilder('zone')
    .label('Zone of the week')
    .defaultValue('UTC')
    .description('The same as WEEK_TIMEZONE: a name such as Europe/Berlin. Weeks begin on Monday.')
    .current({ text: 'UTC', value: 'UTC' });
