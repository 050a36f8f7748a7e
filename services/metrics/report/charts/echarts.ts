import { createRequire } from 'node:module';
import type { EChartsOption } from 'echarts';

type ECharts = typeof import('echarts');

let loaded: ECharts | undefined;

/**
 * ECharts' small bundle (lines, bars, points, SVG), loaded with the first chart. It takes 15 MB and 0.1 s to load; the
 * same parts from the 700 modules of `echarts/core` take 90 MB and 0.4 s.
 */
function echarts(): ECharts {
  loaded ??= createRequire(import.meta.url)('echarts/dist/echarts.common.min') as ECharts;
  return loaded;
}

export interface Drawing {
  /** Width and height are in the chart's own units; on the page it fills the width of its container. */
  readonly width: number;
  readonly height: number;
  /** Unique on the page; letters, digits and hyphens. */
  readonly id: string;
  /** Title and description say what the chart shows, for readers who cannot see it. Escaped HTML. */
  readonly titleHtml: string;
  readonly descriptionHtml: string;
  readonly option: EChartsOption;
}

/**
 * A chart as SVG without scripts, ready to stand in a page. Colours may be CSS variables (`var(--ink)`), so that one
 * drawing serves light, dark and print.
 */
export function drawSvg(drawing: Drawing): string {
  const { width, height, id, titleHtml, descriptionHtml, option } = drawing;
  const chart = echarts().init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, ...option });
    const inner = chart
      .renderToSVGString()
      .replace(/^<svg[^>]*>/, '')
      // Style and attributes that only the client script of ECharts needs.
      .replace(/<style[^>]*>.*?<\/style>/s, '')
      .replaceAll(/ (?:class|ecmeta_\w+|pointer-events|xml:space)="[^"]*"/g, '')
      .replace(/<rect [^>]*fill="none"><\/rect>\n?/, '')
      // Clipping is not needed: nothing is drawn beyond the axes.
      .replace(/<defs.*?<\/defs>/s, '')
      .replaceAll(/ clip-path="[^"]*"/g, '');
    return [
      `<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-about">`,
      `<title id="${id}-title">${titleHtml}</title><desc id="${id}-about">${descriptionHtml}</desc>`,
      inner,
    ].join('');
  } finally {
    chart.dispose();
  }
}

/** Loads ECharts and draws a chart, so that the first reader does not wait for that. */
export function warmUp(): void {
  const series = [{ type: 'line' as const, data: [1] }];
  const option = { xAxis: { data: [''] }, yAxis: {}, series };
  drawSvg({ width: 100, height: 50, id: 'warm', titleHtml: '', descriptionHtml: '', option });
}
