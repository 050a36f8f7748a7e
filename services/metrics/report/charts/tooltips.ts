import { escapeHtml } from '../../web/html.ts';
import { layout } from './trend-chart.ts';

export interface Tooltip {
  /** Shown over the chart: `9–15 Nov: 8 % (3 of 37)`. */
  readonly text: string;
  /** The receipts of the week; null: there are none. */
  readonly href: string | null;
}

/**
 * The layer over a chart: one strip per week, with the number as its tooltip and a link to the receipts. It is for mouse
 * and touch; keyboards and screen readers find the same links once, in the table of weeks.
 */
export function tooltipsHtml(tooltips: readonly Tooltip[]): string {
  const { width, left, right } = layout;
  const style = `left:${percents(left / width)};right:${percents(right / width)}`;
  const strips = tooltips.map(({ text, href }, i) => {
    const side = i < tooltips.length / 2 ? 'from-left' : 'from-right';
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
