import { insightsOf } from '../insights.ts';
import type { WeeklyReport } from '../report.ts';
import { weeklyCsv } from './csv.ts';
import { weeklyMail } from './mail.ts';
import { weeklyMarkdown } from './markdown.ts';

/** The formats of the weekly report. */
export const formats = ['json', 'csv', 'md', 'html'] as const;
export type Format = (typeof formats)[number];

export function isFormat(text: string): text is Format {
  return formats.some(format => format === text);
}

/** A report as the body of a response. */
export interface RenderedReport {
  readonly contentType: string;
  readonly body: string;
}

/** @param base see `baseOf` */
export function renderReport(report: WeeklyReport, format: Format, base: string): RenderedReport {
  switch (format) {
    case 'json': {
      const body = JSON.stringify({ ...report, insights: insightsOf(report) });
      return { contentType: 'application/json; charset=utf-8', body };
    }
    case 'csv':
      return { contentType: 'text/csv; charset=utf-8; header=present', body: weeklyCsv(report) };
    case 'md':
      return {
        contentType: 'text/markdown; charset=utf-8; variant=GFM',
        body: weeklyMarkdown(report, insightsOf(report), base),
      };
    case 'html':
      return { contentType: 'text/html; charset=utf-8', body: weeklyMail(report, insightsOf(report), base) };
  }
}
