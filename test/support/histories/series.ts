import { seriesKey } from '../../../domain/reference.ts';

/**
 * Reads the Prometheus text format into numbers by series, named as the reference names them.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function parseSeries(text: string, prefix = 'dora_'): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([a-z_]+)\{(.*)\} (\S+)$/i.exec(line);
    const [, name = '', labels = '', value = ''] = match ?? [];
    if (name.startsWith(prefix)) series.set(seriesKey(name, parseLabels(labels)), Number(value));
  }
  return series;
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g))
    labels[name] = value.replace(/\\(.)/g, (_all, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  return labels;
}

/**
 * The series in which two answers differ, as readable lines; empty when they agree. Sums of fractions may
 * differ in the last digits, quantiles that are pooled in bins by the 1 % that they may.
 */
export function differences(got: ReadonlyMap<string, number>, wanted: ReadonlyMap<string, number>): string[] {
  const keys = [...new Set([...got.keys(), ...wanted.keys()])].sort();
  return keys.flatMap(key => {
    const [a, b] = [got.get(key), wanted.get(key)];
    if (a !== undefined && b !== undefined && Math.abs(a - b) <= toleranceOf(key) * Math.abs(b) + 1e-9)
      return [];
    return [`${key}: got ${a ?? 'nothing'}, wanted ${b ?? 'nothing'}`];
  });
}

const toleranceOf = (key: string) => (/^dora_(team|fleet)_.*quantile=/.test(key) ? 0.01 : 1e-9);
