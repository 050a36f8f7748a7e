import { globSync } from 'node:fs';
import { readText, root } from '../compose/file.ts';

/** The parts of a dashboard's JSON that the tests use. */
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

/** The value of a variable: one text, or several if the variable allows it; `raw` is inserted without formatting. */
export type Value = string | readonly string[] | { readonly raw: string };
export type Values = ReadonlyMap<string, Value>;

/**
 * Fills in the variables of a text, as Grafana does.
 * @param defaultFormat the format of a variable without one
 * @see https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/
 */
export function fillVariables(
  text: string,
  values: Values,
  defaultFormat: 'regex' | 'percentencode' | 'sqlstring',
): string {
  return text.replace(/\$\{(\w+)(?::(\w+))?\}|\$(\w+)/g, (match, braced, format, bare) => {
    const name: string = braced ?? bare;
    const value = values.get(name);
    if (value === undefined) {
      if (name.startsWith('__')) return match;
      throw new Error(`nothing fills in ${match} of ${text}`);
    }
    return formatValue(name, value, format ?? defaultFormat);
  });
}

function formatValue(name: string, value: Value, format: string): string {
  if (typeof value === 'object' && 'raw' in value) return value.raw;
  const values = [value].flat();
  switch (format) {
    case 'sqlstring':
      return values.map(each => `'${each.replaceAll("'", "''")}'`).join(',');
    case 'percentencode':
      return encodeURIComponent(typeof value === 'string' ? value : values.join(','));
    case 'queryparam':
      return values.map(each => `var-${name}=${encodeURIComponent(each)}`).join('&');
    case 'regex': {
      if (typeof value === 'string') return value.replace(/[\\"]/g, '\\$&');
      const escaped = values.map(each => each.replace(/[\\^$*+?.()|[\]{}/]/g, '\\\\$&'));
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

/** Expands the macros of Grafana's PostgreSQL data source. */
export function expandMacros(sql: string, { from, to }: TimeRange): string {
  const [start, end] = [from, to].map(time => `'${time.toISOString()}'`);
  return sql
    .replace(/\$__timeFilter\((\w+)\)/g, `$1 BETWEEN ${start} AND ${end}`)
    .replaceAll('$__timeFrom()', start ?? '')
    .replaceAll('$__timeTo()', end ?? '');
}
