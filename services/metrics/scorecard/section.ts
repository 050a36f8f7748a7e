import type { FailedExposure, Level, Scorecard } from '../../../domain/metrics/scorecard.ts';
import { escapeHtml, nameHtml } from '../web/html.ts';
import { weeklyPageLink } from '../web/links.ts';
import * as words from '../web/words.ts';
import type { ScorecardReport, ServiceScorecard } from './scorecards.ts';

/** The most rows of each table on the page; the JSON has all. */
const levelsShown = 12;
const servicesShown = 20;
const space = '\u00a0';
const { counted, dash } = words;
// Both texts may contain `<`.
const duration = (seconds: number | null) => escapeHtml(words.duration(seconds));
const percent = (ratio: number | null) => escapeHtml(words.percent(ratio));

/** The canary scorecard for the weekly page; '' where no rollout was exposed or rolled back in the period. */
export function scorecardSection(report: ScorecardReport): string {
  const { overall } = report;
  if (overall.exposed + overall.aborts.total === 0) return '';
  return [
    '<section class="scorecard" aria-labelledby="scorecard"><h2 id="scorecard">Canary scorecard</h2>',
    `<p>${keptAwayHtml(overall)}</p>`,
    factsHtml(overall),
    levelsTable(overall.levels),
    report.service === null ? servicesTable(report) : '',
    '</section>',
  ].join('\n');
}

function keptAwayHtml({ aborts, progressiveFailedExposure: failed }: Scorecard): string {
  if (aborts.total === 0) return 'No rollout was rolled back.';
  if (failed.keptAway === null)
    return 'No rollout that took its traffic in steps was rolled back after its exposure.';
  const spent = `customers spent ${duration(failed.seconds)} on bad changes that took traffic in steps, weighted by traffic`;
  const whole = `with all traffic from the start it would have been ${duration(failed.atFullSeconds)}`;
  if (failed.keptAway === 0) return `The steps kept nothing away: ${spent}.`;
  return `<b>The canaries kept ${percent(failed.keptAway)} away</b>: ${spent}; ${whole}.`;
}

function factsHtml(card: Scorecard): string {
  const { aborts, exposureAtAbort, retries, secondsToAbort } = card;
  const facts: [string, string][] = [
    [
      'In steps',
      `${percent(card.progressiveRatio)} (${card.progressive} of ${counted(card.exposed, 'rollout')})${
        card.steps.median === null ? '' : `, in the median ${counted(card.steps.median, 'step')}`
      }`,
    ],
  ];
  if (aborts.total > 0) {
    const counts = [
      [aborts.automatic, 'automatic'],
      [aborts.manual, 'manual'],
      [aborts.returned, 'by an older version coming back'],
      [aborts.unknown, 'of unknown cause'],
    ] as const;
    const causes = counts.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
    facts.push(['Aborts', `${aborts.total}: ${causes.join(', ')}; ${aborts.escaped} after full traffic`]);
    facts.push(['Traffic at the abort', `median ${weight(exposureAtAbort.median)}`]);
    const times = [
      ['automatic', secondsToAbort.automatic],
      ['manual', secondsToAbort.manual],
    ] as const;
    const medians = times
      .filter(([, spread]) => spread.samples > 0)
      .map(([name, { median, samples }]) => `${name} ${duration(median)} (${counted(samples, 'abort')})`);
    if (medians.length > 0) facts.push(['Exposure to abort, median', medians.join(', ')]);
  }
  if (retries.total > 0)
    facts.push(['Tried again', `${counted(retries.total, 'rollout')}, ${retries.standing} not rolled back`]);
  return `<dl>${facts.map(([title, text]) => `<dt>${title}</dt><dd>${text}</dd>`).join('')}</dl>`;
}

function levelsTable(levels: readonly Level[]): string {
  if (!levels.some(level => level.weight > 0 && level.weight < 100)) return '';
  const weightOf = ({ rollouts, aborts }: Level) =>
    rollouts + aborts.automatic + aborts.manual + aborts.returned + aborts.unknown;
  const shown = new Set(levels.toSorted((a, b) => weightOf(b) - weightOf(a)).slice(0, levelsShown));
  const rows = levels
    .filter(level => shown.has(level))
    .map(({ weight: percentOf, rollouts, seconds, aborts }) => {
      const cells: [string, string][] = [
        ['Rollouts', String(rollouts)],
        ['Median time', duration(seconds.median)],
        ['Automatic', String(aborts.automatic)],
        ['Manual', String(aborts.manual)],
        ['Returned', String(aborts.returned)],
        ['Unknown', String(aborts.unknown)],
      ];
      return row(weight(percentOf), cells);
    });
  const rest = levels.length - shown.size;
  const caption = `Steps by their share of traffic: how long rollouts stood there, and how many were aborted there, by cause${rest > 0 ? `; ${counted(rest, 'rarer share')} left out` : ''}.`;
  return table('scorecard-steps', caption, [
    'Traffic',
    'Rollouts',
    'Median time',
    'Automatic',
    'Manual',
    'Returned',
    'Unknown',
  ])(rows);
}

function servicesTable({ services, environment }: ScorecardReport): string {
  if (services.length < 2) return '';
  const byHarm = services.toSorted(
    (a, b) =>
      b.scorecard.failedExposure.seconds - a.scorecard.failedExposure.seconds ||
      b.scorecard.aborts.total - a.scorecard.aborts.total ||
      b.scorecard.exposed - a.scorecard.exposed,
  );
  const shown = byHarm.slice(0, servicesShown);
  const rest = services.length - shown.length;
  const caption = `Services, those whose customers spent the most time on bad changes first${rest > 0 ? `; ${rest} more in the JSON of <code>/api/v1/scorecard</code>` : ''}.`;
  return table('scorecard-services', caption, [
    'Service',
    'In steps',
    'Median steps',
    'Aborts',
    'Traffic at the abort',
    'On bad changes',
    'Kept away',
    'Tried again',
  ])(shown.map(service => serviceRow(service, environment)));
}

function serviceRow({ service, scorecard }: ServiceScorecard, environment: string): string {
  const { aborts, failedExposure, exposureAtAbort, retries, steps } = scorecard;
  return row(`<a href="${escapeHtml(weeklyPageLink({ service, environment }))}">${nameHtml(service)}</a>`, [
    ['In steps', percent(scorecard.progressiveRatio)],
    ['Median steps', steps.median === null ? dash : String(steps.median)],
    ['Aborts', aborts.total === 0 ? '0' : `${aborts.total} <small>(${aborts.automatic} automatic)</small>`],
    ['Traffic at the abort', weight(exposureAtAbort.median)],
    ['On bad changes', aborts.total === 0 ? dash : duration(failedExposure.seconds)],
    ['Kept away', keptAway(failedExposure)],
    ['Tried again', String(retries.total)],
  ]);
}

const keptAway = ({ keptAway: share }: FailedExposure) => (share === null ? dash : percent(share));

/** A share of traffic as people write it: `5 %`, `33.3 %`, `0.05 %`. */
function weight(of: number | null): string {
  return of === null ? dash : `${Number(of.toPrecision(3))}${space}%`;
}

function table(name: string, caption: string, [first = '', ...heads]: readonly string[]) {
  return (rows: readonly string[]) =>
    [
      `<table class="${name}"><caption>${caption}</caption>`,
      `<thead><tr><th scope="col">${first}</th>${heads.map(head => `<th scope="col">${head}</th>`).join('')}</tr></thead>`,
      `<tbody>\n${rows.join('\n')}\n</tbody></table>`,
    ].join('\n');
}

function row(first: string, cells: readonly (readonly [string, string])[]): string {
  const rest = cells.map(([title, html]) => `<td data-title="${title}">${html}</td>`);
  return `<tr><th scope="row">${first}</th>${rest.join('')}</tr>`;
}
