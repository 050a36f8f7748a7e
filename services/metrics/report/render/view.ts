import { type QueryFault, textsOf } from '../../web/query.ts';
import type { WeeklyReport } from '../report.ts';
import { metrics } from '../trend.ts';

/** How the table of services is shown; with what the report is about, the whole state of the page. */
export interface View {
  /** `movers`, `name`, or a metric: the worst first. */
  readonly sort: string;
  /** The other way round. */
  readonly reversed: boolean;
  /** Only services and teams whose name contains this; '' for all. */
  readonly search: string;
  /** From 1. */
  readonly page: number;
}

export const plainView: View = { sort: 'movers', reversed: false, search: '', page: 1 };

const sorts = ['movers', 'name', ...metrics.map(({ name }) => name)];
const searchMax = 200;

/** Reads `sort` (a leading `-` turns it round), `q` and `page`; an empty parameter is an absent one. */
export function readView(query: Readonly<Record<string, unknown>>): {
  readonly view: View;
  readonly faults: readonly QueryFault[];
} {
  const faults: QueryFault[] = [];
  const said = textsOf(query, faults);
  const text = (field: string) => said(field) ?? '';
  const asked = text('sort') || plainView.sort;
  const sort = asked.replace(/^-/, '');
  if (!sorts.includes(sort)) faults.push({ field: 'sort', detail: `must be one of ${sorts.join(', ')}` });
  const page = Number(text('page') || 1);
  if (!Number.isInteger(page) || page < 1 || page > 100_000)
    faults.push({ field: 'page', detail: 'must be a whole number from 1' });
  const search = text('q').trim().slice(0, searchMax);
  return { view: { sort, reversed: asked !== sort, search, page }, faults };
}

/** All of the page's state as the parameters of its address; what is as usual is left out. */
export function stateOf(report: WeeklyReport, view: View): Record<string, string> {
  return {
    environment: report.environment,
    service: report.service ?? '',
    team: report.team ?? '',
    weeks: String(report.weeks.length),
    sort: view.sort === plainView.sort && !view.reversed ? '' : `${view.reversed ? '-' : ''}${view.sort}`,
    q: view.search,
    page: view.page === 1 ? '' : String(view.page),
  };
}

/** The query of a page in this state with some of it changed; empty values are left out. */
export function hrefOf(
  state: Readonly<Record<string, string>>,
  changed: Readonly<Record<string, string>>,
): string {
  const query = Object.entries({ ...state, ...changed }).filter(([, value]) => value !== '');
  return `?${new URLSearchParams(query)}`;
}
