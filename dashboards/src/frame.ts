import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  RowBuilder,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { linkTo } from './panels.ts';

export interface Frame {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Builder<VariableModel>[];
  /** Grafana's spelling: `now-30d`. */
  readonly from: string;
  readonly refresh: string;
  readonly annotations: readonly AnnotationQueryBuilder[];
  /** The address of the weekly page for what the dashboard shows. */
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

/** A dashboard with what all of ours have: links to the others and to the weekly page, no editing, one crosshair. */
export function dashboard(frame: Frame, rows: readonly Row[]): DashboardBuilder {
  const built = new DashboardBuilder(frame.title)
    .uid(frame.uid)
    .description(frame.description)
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
