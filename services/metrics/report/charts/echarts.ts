import { createRequire } from 'node:module';
import type { EChartsOption } from 'echarts';

type ECharts = typeof import('echarts');

let loaded: ECharts | undefined;

/**
 * ECharts' own small bundle (lines, bars, points, SVG). Measured: 15 MB and 0.1 s to load, where the same parts from
 * `echarts/core` and its 700 modules take 90 MB and 0.4 s. Loaded with the first chart.
 */
function echarts(): ECharts {
  loaded ??= createRequire(import.meta.url)('echarts/dist/echarts.common.min') as ECharts;
  return loaded;
}

export interface Drawing {
  /** Of the chart in its own units; it fills the width that it is given. */
  readonly width: number;
  readonly height: number;
  /** Unique on the page; letters, digits and hyphens. */
  readonly id: string;
  /** What it shows, in a few words and in a sentence, for those who do not see it. Escaped HTML. */
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
      // What only its own client script would use.
      .replace(/<style[^>]*>.*?<\/style>/s, '')
      .replaceAll(/ (?:class|ecmeta_\w+|pointer-events|xml:space)="[^"]*"/g, '')
      .replace(/<rect [^>]*fill="none"><\/rect>\n?/, '')
      // Nothing is drawn beyond its axes.
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

/** Loads what draws and lets it draw once, so that the first reader does not wait for that. */
export function warmUp(): void {
  const series = [{ type: 'line' as const, data: [1] }];
  const option = { xAxis: { data: [''] }, yAxis: {}, series };
  drawSvg({ width: 100, height: 50, id: 'warm', titleHtml: '', descriptionHtml: '', option });
}
