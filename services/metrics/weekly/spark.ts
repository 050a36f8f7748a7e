const width = 160;
const height = 36;
const margin = 3;

/**
 * A small line through the values, oldest first, from 0 to the largest; null leaves a gap. The last point
 * is drawn as a dot, hollow when its week still runs. The table beside it says the same in words.
 */
export function sparkLine(values: readonly (number | null)[], partial: boolean): string {
  const largest = Math.max(...values.map(value => value ?? 0));
  const x = (i: number) => margin + (i * (width - 2 * margin)) / Math.max(1, values.length - 1);
  const y = (value: number) =>
    height - margin - (largest === 0 ? 0 : (value / largest) * (height - 2 * margin));
  const points = values.map((value, i) => (value === null ? null : `${round(x(i))} ${round(y(value))}`));
  const path = points
    .map((point, i) => (point === null ? '' : `${points[i - 1] == null ? 'M' : 'L'}${point}`))
    .join('');
  const alone = points.filter((point, i) => point && points[i - 1] == null && points[i + 1] == null);
  const last = points.at(-1);
  return [
    `<svg class="spark" viewBox="0 0 ${width} ${height}" aria-hidden="true">`,
    `<line class="base" x1="0" y1="${height - 1}" x2="${width}" y2="${height - 1}"/>`,
    path && `<path d="${path}"/>`,
    ...alone.map(point => dot(point, '')),
    last && dot(last, partial ? 'running' : ''),
    '</svg>',
  ].join('');
}

function dot(point: string | null | undefined, name: string): string {
  const [cx, cy] = (point ?? '').split(' ');
  return `<circle class="${name}" cx="${cx}" cy="${cy}" r="2.5"/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
