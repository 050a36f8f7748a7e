import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { postgres, sqlQuery } from './sources.ts';

export interface DashboardAnnotations {
  /** A condition of SQL on `service` and `team`; absent: everything is shown. */
  readonly where?: string;
  /** Whether rollbacks are shown from the start. */
  readonly rollbacks: boolean;
  /** Whether flag changes are shown from the start. */
  readonly flags: boolean;
}

/** Annotations on the time axis: rollbacks, incidents from their detection to their resolution, flag changes. */
export function dashboardAnnotations({
  where = 'true',
  rollbacks,
  flags,
}: DashboardAnnotations): AnnotationQueryBuilder[] {
  return [
    annotation(
      'Rollbacks',
      'orange',
      rollbacks,
      `select rolled_back_at as time, service || ': ' || rollout || ' rolled back' as text,
  concat_ws(',', containment, cause) as tags
from report_rollouts
where $__timeFilter(rolled_back_at) and environment = \${environment:sqlstring} and ${where}
order by 1 desc limit 500`,
    ),
    annotation(
      'Incidents',
      'red',
      true,
      `select detected_at as time, coalesce(resolved_at, $__timeTo()::timestamptz) as timeend,
  service || ': ' || incident || case when resolved_at is null then ' (open)' else '' end as text,
  case when rollouts is null then '' when inferred then 'blame inferred' else 'blamed' end as tags
from report_incidents
where $__timeFilter(detected_at) and environment = \${environment:sqlstring} and ${where}
order by 1 desc limit 500`,
    ),
    annotation(
      'Flag changes',
      'blue',
      flags,
      `select at as time, concat_ws(' ', flag, '→', variant, 'by ' || actor) as text, service as tags
from report_flag_changes
where $__timeFilter(at) and (service = '' or ${where})
order by 1 desc limit 500`,
    ),
  ];
}

function annotation(
  name: string,
  colour: string,
  isShown: boolean,
  statement: string,
): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(postgres)
    .enable(isShown)
    .iconColor(colour)
    .target(sqlQuery(statement));
}
