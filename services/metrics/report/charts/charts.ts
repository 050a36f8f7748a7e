import { eventLoopYielder } from '../../live/yield-to-event-loop.ts';
import type { Insights } from '../insights.ts';
import type { WeeklyReport } from '../report.ts';
import { containedHtml } from './contained-chart.ts';
import { tilesHtml } from './tiles.ts';

/** The charts of the page, which do not depend on how its table is sorted and filtered. */
export interface Charts {
  readonly tilesHtml: string;
  readonly containedHtml: string;
}

/** Draws all charts. */
export function drawCharts(report: WeeklyReport, insights: Insights): Charts {
  return { tilesHtml: wrapped([...tilesHtml(report, insights)]), containedHtml: containedHtml(report) };
}

/** {@link drawCharts}, yielding to the event loop after each chart. */
export async function drawChartsInTurns(report: WeeklyReport, insights: Insights): Promise<Charts> {
  const yieldToEventLoop = eventLoopYielder();
  const tiles: string[] = [];
  for (const tile of tilesHtml(report, insights)) {
    tiles.push(tile);
    await yieldToEventLoop();
  }
  const contained = containedHtml(report);
  await yieldToEventLoop();
  return { tilesHtml: wrapped(tiles), containedHtml: contained };
}

function wrapped(tiles: readonly string[]): string {
  return `<ul class="cards" aria-label="The numbers, last full week and trend">\n${tiles.join('\n')}\n</ul>`;
}
