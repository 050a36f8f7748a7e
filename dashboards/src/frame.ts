import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  RowBuilder,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { linkTo } from './panels.ts';
import { postgres, statement } from './sources.ts';

export interface Frame {
  readonly uid: string;
  readonly title: string;
  readonly says: string;
  readonly variables: readonly Builder<VariableModel>[];
  /** Grafana's spelling: `now-30d`. */
  readonly from: string;
  readonly refresh: string;
  readonly annotations: readonly AnnotationQueryBuilder[];
  /** The weekly page of what the dashboard shows. */
  readonly page: string;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

export const uids = {
  overview: 'firstlight-overview',
  service: 'firstlight-service',
  rollouts: 'firstlight-rollouts',
  weekly: 'firstlight-weekly',
  pipeline: 'firstlight-pipeline',
} as const;

/** A dashboard with what all of ours have: the links between them, no editing, the crosshair that they share. */
export function dashboard(frame: Frame, rows: readonly Row[]): DashboardBuilder {
  const built = new DashboardBuilder(frame.title)
    .uid(frame.uid)
    .description(frame.says)
    .tags(['firstlight'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: frame.from, to: 'now' })
    .refresh(frame.refresh)
    .weekStart('monday')
    .variables([...frame.variables])
    .annotations([...frame.annotations])
    .links([
      new DashboardLinkBuilder('Firstlight')
        .type(DashboardLinkType.Dashboards)
        .tags(['firstlight'])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
      linkTo('Weekly page', frame.page),
    ]);
  let id = 0;
  for (const row of rows) {
    built.withRow(new RowBuilder(row.title).id(++id));
    for (const panel of row.panels) built.withPanel(numbered(panel, ++id));
  }
  return built;
}

function numbered(panel: Builder<Panel>, id: number): Builder<Panel> {
  return { build: () => ({ ...panel.build(), id }) };
}

export interface DashboardAnnotations {
  /** A condition of SQL on `service` and `team`; absent: all of them. */
  readonly of?: string;
  /** Whether they are shown from the start. */
  readonly rollbacks: boolean;
  readonly flags: boolean;
}

/** Marks on the time axis: rollbacks, incidents from their detection to their resolution, flag changes. */
export function dashboardAnnotations({
  of = 'true',
  rollbacks,
  flags,
}: DashboardAnnotations): AnnotationQueryBuilder[] {
  const where = `environment = \${environment:sqlstring} and ${of}`;
  return [
    mark('Rollbacks', 'orange', rollbacks, [
      `select rolled_back_at as time, service || ': ' || rollout || ' rolled back' as text,`,
      `  concat_ws(',', containment, cause) as tags`,
      `from report_rollouts`,
      `where $__timeFilter(rolled_back_at) and ${where}`,
      `order by 1 desc limit 500`,
    ]),
    mark('Incidents', 'red', true, [
      `select detected_at as time, coalesce(resolved_at, $__timeTo()::timestamptz) as timeend,`,
      `  service || ': ' || incident || case when resolved_at is null then ' (open)' else '' end as text,`,
      `  case when rollouts is null then '' when inferred then 'blame inferred' else 'blamed' end as tags`,
      `from report_incidents`,
      `where $__timeFilter(detected_at) and ${where}`,
      `order by 1 desc limit 500`,
    ]),
    mark('Flag changes', 'blue', flags, [
      `select at as time, concat_ws(' ', flag, '→', variant, 'by ' || actor) as text, service as tags`,
      `from report_flag_changes`,
      `where $__timeFilter(at) and (service = '' or ${of})`,
      `order by 1 desc limit 500`,
    ]),
  ];
}

function mark(
  name: string,
  colour: string,
  enabled: boolean,
  sql: readonly string[],
): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(postgres)
    .enable(enabled)
    .iconColor(colour)
    .target(statement(sql.join('\n')));
}
