import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { metricOf } from '../../domain/metrics/families.ts';
import { must } from '../../domain/must.ts';
import { postgres, prometheus, type Query } from './sources.ts';

export interface PanelOptions {
  readonly title: string;
  /** What the number means. */
  readonly description: string;
  /** Grafana's name of the unit. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** In columns; a row has 24. */
  readonly width: number;
  readonly from?: 'prometheus' | 'postgres';
  readonly decimals?: number;
  /** The text that a panel without data shows. */
  readonly empty?: string;
  /** Values from this one on are shown as worse than the goal. */
  readonly goal?: number;
  /** The address of its receipts. */
  readonly receipts?: string;
}

/** The help text of a metric. @param name without its prefix @throws {Error} when there is no such metric */
export function definition(name: string): string {
  return must(metricOf(name), `metric ${name}`).help;
}

/** A few numbers at a glance. */
export function stat(options: PanelOptions) {
  return common(new StatBuilder(), options)
    .height(4)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None);
}

/** Lines over time. */
export function lines(options: PanelOptions) {
  return common(new TimeseriesBuilder(), options)
    .height(8)
    .min(0)
    .lineWidth(2)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Auto)
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    );
}

/** Bars over time, one on the other. */
export function bars(options: PanelOptions) {
  return lines(options)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(70)
    .lineWidth(0)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
}

export function table(options: PanelOptions & { readonly height?: number }) {
  return common(new TableBuilder(), options)
    .height(options.height ?? 9)
    .filterable(true);
}

/** The methods that the builders of all kinds of panels have. */
interface Common {
  title(title: string): this;
  description(description: string): this;
  datasource(source: typeof prometheus): this;
  targets(queries: Query[]): this;
  unit(unit: string): this;
  span(width: number): this;
  noValue(text: string): this;
  decimals(decimals: number): this;
  thresholds(thresholds: ThresholdsConfigBuilder): this;
  links(links: DashboardLinkBuilder[]): this;
}

function common<T extends Common>(panel: T, options: PanelOptions): T {
  panel
    .title(options.title)
    .description(options.description)
    .datasource(options.from === 'postgres' ? postgres : prometheus)
    .targets([...options.queries])
    .unit(options.unit)
    .span(options.width)
    .noValue(options.empty ?? 'No samples');
  if (options.decimals !== undefined) panel.decimals(options.decimals);
  panel.thresholds(limits(options.goal));
  if (options.receipts !== undefined) panel.links([linkTo('Receipts', options.receipts)]);
  return panel;
}

function limits(goal: number | undefined): ThresholdsConfigBuilder {
  const good = { value: null, color: goal === undefined ? 'text' : 'green' };
  const steps = goal === undefined ? [good] : [good, { value: goal, color: 'orange' }];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

export function linkTo(title: string, url: string, inNewTab = true): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url).targetBlank(inNewTab);
}

/** A link in a cell of a table. */
export const cellLink = (title: string, url: string, targetBlank = false) => ({
  id: 'links',
  value: [{ title, url, targetBlank }],
});
export const cellUnit = (unit: string) => ({ id: 'unit', value: unit });

/**
 * The address of the receipts of a number.
 * @param metric its Prometheus name without prefix
 * @param of further parameters of the address, such as `&service=…`, with variables that Grafana fills in
 */
export const receiptsOf = (metric: string, of: string) => `\${firstlight}/receipts?metric=${metric}${of}`;

/**
 * Joins tables of one value each into one table.
 * @param columns the titles of its columns, in order, by label or value (`Value #A`)
 */
export function joined(columns: Readonly<Record<string, string>>) {
  return [
    { id: 'merge', options: {} },
    {
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(Object.keys(columns).map((name, index) => [name, index])),
        renameByName: columns,
      },
    },
  ];
}
