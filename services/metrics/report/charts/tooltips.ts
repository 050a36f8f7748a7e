import { escapeHtml } from '../../web/html.ts';
import { layout } from './trend-chart.ts';

export interface Tooltip {
  /** Shown over the chart: `9–15 Nov: 8 % (3 of 37)`. */
  readonly text: string;
  /** null: there is nothing to be seen behind it. */
  readonly href: string | null;
}

/**
 * What lies over a chart: one strip per week that tells its number and leads to its receipts. For the mouse and the
 * finger; the table of the weeks has the same links for the keyboard and for screen readers, once instead of per chart.
 */
export function tooltipsHtml(points: readonly Tooltip[]): string {
  const { width, left, right } = layout;
  const style = `left:${percents(left / width)};right:${percents(right / width)}`;
  const strips = points.map(({ text, href }, i) => {
    const side = i < points.length / 2 ? 'from-left' : 'from-right';
    const attributes = `class="${side}" data-text="${escapeHtml(text)}"`;
    return href === null
      ? `<span ${attributes}></span>`
      : `<a ${attributes} tabindex="-1" href="${escapeHtml(href)}"></a>`;
  });
  return `<div class="points" aria-hidden="true" style="${style}">${strips.join('')}</div>`;
}

function percents(share: number): string {
  return `${Math.round(share * 10_000) / 100}%`;
}
