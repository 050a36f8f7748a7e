import { day, hour, isDayOff, isYearEnd, minute, mondayOf, pace, week } from './calendar.ts';
import { company, type DemoService } from './company.ts';
import { type DemoEvent, EventList } from './event-list.ts';
import { Random } from './random.ts';
import { release } from './releases/release.ts';
import type { Practice, ServiceState } from './releases/state.ts';
import { addEverydayEvents, addForgottenIncident, addOddities, companyFlag } from './troubles.ts';

/** The parameters of a story; equal parameters give equal events. */
export interface Plot {
  readonly seed: number;
  /** The Monday on which the story begins, in milliseconds since 1970. */
  readonly since: number;
  /** The number of services. */
  readonly services: number;
  /** The number of weeks in which all teams learn. After these, the story continues as it was at their end. */
  readonly weeks: number;
}

/** The plot of a story that has lasted `weeks` full weeks at `now`. */
export function plotAt(
  now: number,
  { seed, services, weeks }: Pick<Plot, 'seed' | 'services' | 'weeks'>,
): Plot {
  return { seed, services, weeks, since: mondayOf(now) - weeks * week };
}

/**
 * The events from `from` (excluded) to `to` (included). Each list has the events of one service in the order of time;
 * the last list has the events without a service.
 */
export function* story(plot: Plot, from: number, to: number): Generator<readonly DemoEvent[]> {
  const services = company(plot.services);
  for (const [index, service] of services.entries())
    yield between(serviceStory(plot, service, index, to), from, to);
  yield between(companyFlags(plot, to), from, to);
}

function between(events: readonly DemoEvent[], from: number, to: number): DemoEvent[] {
  return events
    .map(event => ({ event, at: Date.parse(event.time) }))
    .filter(({ at }) => at > from && at <= to)
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event);
}

function serviceStory(plot: Plot, service: DemoService, index: number, to: number): DemoEvent[] {
  const events = new EventList(service.name, service.team);
  const state: ServiceState = {
    busyUntil: 0,
    lastMergedAt: 0,
    goodRevision: null,
    releases: 0,
    changes: 0,
  };
  for (let number = 0; plot.since + (number - weeksBack) * week <= to; number++) {
    const monday = plot.since + number * week;
    const random = new Random(plot.seed, service.name, number);
    const practice = practiceIn(plot, service, number);
    for (const at of releasesIn(plot, service, practice, random, number))
      release({ events, service, state, practice, random }, at);
    addEverydayEvents(events, service, practice, random, monday);
    if ((number + 1) % oddWeeks === 0 && index === ((number + 1) / oddWeeks) % plot.services)
      addOddities(events, service, random, monday + 10 * hour);
    if (index === 2 % plot.services && number === plot.weeks - 3)
      addForgottenIncident(events, service, monday + 9 * hour);
  }
  return events.all;
}

/** The changes of a release are at most so many weeks older than the release. */
const weeksBack = 3;
/** The oddities of one of the services come once in so many weeks. */
const oddWeeks = 4;
/** The time from a team's adoption to its full maturity, as a share of the story's weeks. */
const ramp = 0.1;
/** The week in which a shared library fails, as a share of the story's weeks. */
const badWeek = 0.58;

function practiceIn(plot: Plot, { adopts }: DemoService, number: number): Practice {
  const share = number / plot.weeks;
  return {
    adopted: share >= adopts,
    maturity: Math.max(0, Math.min(1, (share - adopts) / ramp)),
    strain: number === badWeekOf(plot) ? 2.4 : 1,
  };
}

const badWeekOf = ({ weeks }: Plot) => Math.round(weeks * badWeek);

/** The planned times of a week's releases, in order. */
function releasesIn(
  plot: Plot,
  service: DemoService,
  practice: Practice,
  random: Random,
  number: number,
): number[] {
  const monday = plot.since + number * week;
  const [before, after] = service.releases;
  const count = random.about(
    pace(monday) *
      (practice.adopted ? before + (after - before) * (0.35 + 0.65 * practice.maturity) : before),
  );
  const times = Array.from({ length: count }, (_, index) => {
    if (practice.adopted) return monday + random.whole(0, 4) * day + random.between(8.5, 16.5) * hour;
    // Release trains leave on Tuesdays and Thursdays.
    return monday + (index % 2 === 0 ? 1 : 3) * day + random.between(12, 16) * hour + index * minute;
  });
  const afterBadWeek = number === badWeekOf(plot) + 1;
  const isSkipped = (at: number) =>
    isDayOff(at) || (isYearEnd(at) && !random.chance(0.08)) || (afterBadWeek && at < monday + 3 * day);
  return times.filter(at => !isSkipped(at)).sort((a, b) => a - b);
}

function companyFlags(plot: Plot, to: number): DemoEvent[] {
  const events: DemoEvent[] = [];
  for (let monday = plot.since, number = 0; monday <= to; monday += week, number++) {
    const random = new Random(plot.seed, 'company', number);
    events.push(companyFlag(random, monday + random.whole(0, 4) * day + random.whole(9, 16) * hour));
  }
  return events;
}
