import { globSync } from 'node:fs';
import { readText, root } from '../compose/file.ts';

/** What the tests read of a dashboard's JSON. */
export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly editable: boolean;
  readonly tags: readonly string[];
  readonly links: readonly Link[];
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly Annotation[] };
}

export interface Link {
  readonly type: string;
  readonly title: string;
  readonly url: string;
  readonly asDropdown: boolean;
  readonly includeVars: boolean;
  readonly tags: readonly string[];
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly targets?: readonly Target[];
  readonly links?: readonly Link[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly noValue?: string };
    readonly overrides: readonly {
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

export interface Target {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly expr?: string;
  readonly instant?: boolean;
  readonly rawSql?: string;
  readonly format?: string;
}

export interface Variable {
  readonly name: string;
  readonly type: 'query' | 'custom' | 'constant' | 'datasource' | 'textbox';
  readonly query: string;
  readonly datasource?: { readonly uid: string };
  readonly current?: { readonly value: string };
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
  readonly refresh?: number;
}

export interface Annotation {
  readonly name: string;
  readonly datasource: { readonly uid: string };
  readonly target: Target;
}

/** The committed dashboards. */
export function readDashboards(): Dashboard[] {
  const files = globSync('dashboards/grafana/dashboards/*.json', { cwd: root }).toSorted();
  return files.map(file => ({ file, ...JSON.parse(readText(file)) }));
}

export const panelsOf = ({ panels }: Dashboard) => panels.filter(({ type }) => type !== 'row');

/** What a variable stands for: one text, or several of one that allows it; `raw` is filled in as it is. */
export type Value = string | readonly string[] | { readonly raw: string };
export type Values = ReadonlyMap<string, Value>;

/**
 * A text with its variables as Grafana fills them in.
 * @param usual the format of a variable that names none
 * @see https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/
 */
export function fillVariables(
  text: string,
  values: Values,
  usual: 'regex' | 'percentencode' | 'sqlstring',
): string {
  return text.replace(/\$\{(\w+)(?::(\w+))?\}|\$(\w+)/g, (whole, braced, format, bare) => {
    const name: string = braced ?? bare;
    const value = values.get(name);
    if (value === undefined) {
      if (name.startsWith('__')) return whole;
      throw new Error(`nothing fills in ${whole} of ${text}`);
    }
    return formatted(name, value, format ?? usual);
  });
}

function formatted(name: string, value: Value, format: string): string {
  if (typeof value === 'object' && 'raw' in value) return value.raw;
  const several = [value].flat();
  switch (format) {
    case 'sqlstring':
      return several.map(each => `'${each.replaceAll("'", "''")}'`).join(',');
    case 'percentencode':
      return encodeURIComponent(typeof value === 'string' ? value : several.join(','));
    case 'queryparam':
      return several.map(each => `var-${name}=${encodeURIComponent(each)}`).join('&');
    case 'regex': {
      if (typeof value === 'string') return value.replace(/[\\"]/g, '\\$&');
      const escaped = several.map(each => each.replace(/[\\^$*+?.()|[\]{}/]/g, '\\\\$&'));
      return escaped.length === 1 ? escaped.join('') : `(${escaped.join('|')})`;
    }
    default:
      throw new Error(`the format ${format} is not known here`);
  }
}

export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
}

/** The macros of Grafana's PostgreSQL data source. */
export function expandMacros(sql: string, { from, to }: TimeRange): string {
  const [start, end] = [from, to].map(moment => `'${moment.toISOString()}'`);
  return sql
    .replace(/\$__timeFilter\((\w+)\)/g, `$1 BETWEEN ${start} AND ${end}`)
    .replaceAll('$__timeFrom()', start ?? '')
    .replaceAll('$__timeTo()', end ?? '');
}
