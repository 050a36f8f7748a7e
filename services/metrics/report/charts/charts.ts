import { eventLoopYielder } from '../../live/yield-to-event-loop.ts';
import type { Insights } from '../insights.ts';
import type { WeeklyReport } from '../report.ts';
import { savedHtml } from './contained-chart.ts';
import { cardsHtml } from './tiles.ts';

/** What of the page is drawn; the same however its table is sorted and filtered. */
export interface Charts {
  readonly cardsHtml: string;
  readonly savedHtml: string;
}

/** Draws all charts in one go. */
export function drawCharts(report: WeeklyReport, insights: Insights): Charts {
  return { cardsHtml: wrapped([...cardsHtml(report, insights)]), savedHtml: savedHtml(report) };
}

/** The same, giving the event loop its turns. */
export async function drawChartsInTurns(report: WeeklyReport, insights: Insights): Promise<Charts> {
  const breathe = eventLoopYielder();
  const cards: string[] = [];
  for (const card of cardsHtml(report, insights)) {
    cards.push(card);
    await breathe();
  }
  const saved = savedHtml(report);
  await breathe();
  return { cardsHtml: wrapped(cards), savedHtml: saved };
}

function wrapped(cards: readonly string[]): string {
  return `<ul class="cards" aria-label="The numbers, last full week and trend">\n${cards.join('\n')}\n</ul>`;
}
