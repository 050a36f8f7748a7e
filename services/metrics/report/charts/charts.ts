import { eventLoopYielder } from '../../live/yield-to-event-loop.ts';
import type { Insights } from '../insights.ts';
import type { WeeklyReport } from '../report.ts';
import { containedHtml } from './contained-chart.ts';
import { tilesHtml } from './tiles.ts';

/** What of the page is drawn; the same however its table is sorted and filtered. */
export interface Charts {
  readonly cardsHtml: string;
  readonly savedHtml: string;
}

/** Draws all charts in one go. */
export function drawCharts(report: WeeklyReport, insights: Insights): Charts {
  return { cardsHtml: wrapped([...tilesHtml(report, insights)]), savedHtml: containedHtml(report) };
}

/** The same, giving the event loop its turns. */
export async function drawChartsInTurns(report: WeeklyReport, insights: Insights): Promise<Charts> {
  const breathe = eventLoopYielder();
  const cards: string[] = [];
  for (const card of tilesHtml(report, insights)) {
    cards.push(card);
    await breathe();
  }
  const saved = containedHtml(report);
  await breathe();
  return { cardsHtml: wrapped(cards), savedHtml: saved };
}

function wrapped(cards: readonly string[]): string {
  return `<ul class="cards" aria-label="The numbers, last full week and trend">\n${cards.join('\n')}\n</ul>`;
}
