import { queryText } from '../../web/links.ts';
import { type Query, type QueryFault, textsOf } from '../../web/query.ts';
import { metrics } from '../headline.ts';
import type { WeeklyReport } from '../report.ts';

/** How the table of services is shown. Together with the question of the report it is the whole state of the page. */
export interface View {
  /** `movers`, `name`, or the name of a metric: the worst services first. */
  readonly sort: string;
  /** Whether the order is reversed. */
  readonly reversed: boolean;
  /** Only services and teams whose name contains this; '' for all. */
  readonly search: string;
  /** From 1. */
  readonly page: number;
}

export const plainView: View = { sort: 'movers', reversed: false, search: '', page: 1 };

const sorts = ['movers', 'name', ...metrics.map(({ name }) => name)];
const searchMax = 200;

/** Reads `sort` (a leading `-` reverses it), `q` and `page`; an empty parameter is an absent one. */
export function readView(query: Query): {
  readonly view: View;
  readonly faults: readonly QueryFault[];
} {
  const faults: QueryFault[] = [];
  const parameter = textsOf(query, faults);
  const text = (field: string) => parameter(field) ?? '';
  const asked = text('sort') || plainView.sort;
  const sort = asked.replace(/^-/, '');
  if (!sorts.includes(sort)) faults.push({ field: 'sort', detail: `must be one of ${sorts.join(', ')}` });
  const page = Number(text('page') || 1);
  if (!Number.isInteger(page) || page < 1 || page > 100_000)
    faults.push({ field: 'page', detail: 'must be a whole number from 1' });
  const search = text('q').trim().slice(0, searchMax);
  return { view: { sort, reversed: asked !== sort, search, page }, faults };
}

/** The state of the page as the parameters of its address; defaults are empty. */
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

/** The address of the page in this state with some of it changed, relative to the page. */
export function hrefOf(
  state: Readonly<Record<string, string>>,
  changed: Readonly<Record<string, string>>,
): string {
  return queryText({ ...state, ...changed });
}
