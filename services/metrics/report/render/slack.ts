import { plainName, plainWords } from '../../web/plain-text.ts';
import type { Insights } from '../insights.ts';
import type { WeeklyReport } from '../report.ts';
import { highlightLink, reportLink } from './links.ts';

/** The body of a request to an incoming webhook of Slack, or of a compatible one (Mattermost, Rocket.Chat). */
export interface SlackMessage {
  /** The whole report, for notifications and for programs that do not know blocks. */
  readonly text: string;
  readonly blocks: readonly object[];
  readonly unfurl_links: false;
}

/** Slack's limits, in characters. */
const sectionMax = 3000;
const headerMax = 150;
/** The longest name in characters; escaping may make it five times as long. */
const nameMax = 120;

/**
 * The report as a message.
 * @param base see `baseOf`
 * @see https://docs.slack.dev/reference/block-kit/blocks
 */
export function slackMessage(report: WeeklyReport, insights: Insights, base: string): SlackMessage {
  const title = plainName(report.service ?? (report.team === null ? 'All services' : `Team ${report.team}`));
  const week = insights.week === null ? 'no full week yet' : `${insights.week} (${insights.days})`;
  const heading = plainWords(
    `${shortened(title, 90)}, ${shortened(plainName(report.environment), 25)}: ${week}`,
  );
  const lookAt = insights.lookAt.map(item => {
    const sign = item.tone === 'bad' ? ':small_red_triangle:' : ':white_check_mark:';
    const name = slackName(item.service ?? title);
    const team = item.team === '' || item.service === null ? '' : ` (${slackName(item.team)})`;
    const link = slackText(highlightLink(report, item, insights.week, base));
    return withLink(`${sign} *${name}*${team}: ${slackText(item.text)}`, `<${link}|See>`);
  });
  const changed = insights.changed.map(({ title: of, text }) => `• *${of}*: ${slackText(text)}`).join('\n');
  const usual = insights.usual === null ? '' : `_Usually_ is ${insights.usual}. `;
  const sections = [
    slackText(insights.summary),
    ...(lookAt.length > 0 ? lookAt : insights.week === null ? [] : ['Nothing stands out.']),
    ...(insights.week === null ? [] : [changed]),
  ].map(plainWords);
  const foot = withLink(`${usual}Firstlight:`, `<${slackText(reportLink(report, base))}|the whole page>`);
  return {
    text: [`*${slackName(heading)}*`, ...sections, foot].join('\n'),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: shortened(heading, headerMax), emoji: false } },
      ...sections.map(text => ({
        type: 'section',
        text: { type: 'mrkdwn', text, verbatim: true },
      })),
      { type: 'context', elements: [{ type: 'mrkdwn', text: foot, verbatim: true }] },
    ],
    unfurl_links: false,
  };
}

/**
 * Text for Slack's mrkdwn; `&`, `<` and `>` are all that has to be escaped, and without `<` nothing can call a channel.
 * @see https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A text with a link, or without it where a section would become too long for Slack: an address with 200 emoji can be. */
function withLink(text: string, link: string): string {
  return text.length + 1 + link.length > sectionMax ? text : `${text} ${link}`;
}

/** A name; a word joiner after `@` keeps programs that look for `@channel` in the text from notifying a channel. */
function slackName(name: string): string {
  return slackText(plainName(shortened(name, nameMax))).replaceAll('@', '@\u2060');
}

/** Cut between the characters that people see, never within one. */
function shortened(text: string, max: number): string {
  if (text.length <= max) return text;
  let kept = '';
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    if (kept.length + segment.length >= max) break;
    kept += segment;
  }
  return `${kept}…`;
}
