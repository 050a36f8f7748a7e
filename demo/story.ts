import { day, hour, isDayOff, isYearEnd, minute, mondayOf, pace, week } from './calendar.ts';
import { company, type DemoService } from './company.ts';
import { type DemoEvent, Diary } from './diary.ts';
import { Random } from './random.ts';
import { type Manner, type Memory, release } from './release.ts';
import { companyFlag, everydayLife, forgotten, oddities } from './troubles.ts';

/** Which story: the same one comes out for the same answers. */
export interface Plot {
  readonly seed: number;
  /** The Monday on which it begins, in milliseconds since 1970. */
  readonly since: number;
  /** How many services take part. */
  readonly services: number;
  /** In how many weeks all teams learn; after these it goes on as it ended. */
  readonly weeks: number;
}

/** The plot of a story that has run for so many full weeks at `now`. */
export function plotAt(
  now: number,
  { seed, services, weeks }: Pick<Plot, 'seed' | 'services' | 'weeks'>,
): Plot {
  return { seed, services, weeks, since: mondayOf(now) - weeks * week };
}

/**
 * What happened from `from` (not included) to `to` (included), service by service, each in the order of time.
 * The events of no service come last.
 */
export function* story(plot: Plot, from: number, to: number): Generator<readonly DemoEvent[]> {
  const services = company(plot.services);
  for (const [index, service] of services.entries())
    yield between(serviceStory(plot, service, index, to), from, to);
  yield between(flagsOfCompany(plot, to), from, to);
}

function between(events: readonly DemoEvent[], from: number, to: number): DemoEvent[] {
  return events
    .map(event => ({ event, at: Date.parse(event.time) }))
    .filter(({ at }) => at > from && at <= to)
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event);
}

function serviceStory(plot: Plot, service: DemoService, index: number, to: number): DemoEvent[] {
  const diary = new Diary(service.name, service.team);
  const memory: Memory = { busyUntil: 0, mergedLast: 0, good: null, releases: 0, changes: 0 };
  for (let number = 0; plot.since + (number - weeksBack) * week <= to; number++) {
    const monday = plot.since + number * week;
    const random = new Random(plot.seed, service.name, number);
    const manner = mannerIn(plot, service, number);
    for (const at of releasesIn(plot, service, manner, random, number))
      release({ diary, service, memory, manner, random }, at);
    everydayLife(diary, service, manner, random, monday);
    if ((number + 1) % oddWeeks === 0 && index === ((number + 1) / oddWeeks) % plot.services)
      oddities(diary, service, random, monday + 10 * hour);
    if (index === 2 % plot.services && number === plot.weeks - 3)
      forgotten(diary, service, monday + 9 * hour);
  }
  return diary.events;
}

/** What a release tells of its changes may reach back so far. */
const weeksBack = 3;
/** Every so many weeks one of the services has its oddities. */
const oddWeeks = 4;
/** A team works as well as it will after this share of the story. */
const ramp = 0.1;
/** When a shared library went wrong, as a share of the story. */
const badWeek = 0.58;

function mannerIn(plot: Plot, { adopts }: DemoService, number: number): Manner {
  const share = number / plot.weeks;
  return {
    adopted: share >= adopts,
    maturity: Math.max(0, Math.min(1, (share - adopts) / ramp)),
    strain: number === badWeekOf(plot) ? 2.4 : 1,
  };
}

const badWeekOf = ({ weeks }: Plot) => Math.round(weeks * badWeek);

/** When a week's releases are wished for, in order. */
function releasesIn(
  plot: Plot,
  service: DemoService,
  manner: Manner,
  random: Random,
  number: number,
): number[] {
  const monday = plot.since + number * week;
  const [before, after] = service.releases;
  const count = random.about(
    pace(monday) * (manner.adopted ? before + (after - before) * (0.35 + 0.65 * manner.maturity) : before),
  );
  const moments = Array.from({ length: count }, (_, index) => {
    if (manner.adopted) return monday + random.whole(0, 4) * day + random.between(8.5, 16.5) * hour;
    // Trains leave on Tuesdays and Thursdays.
    return monday + (index % 2 === 0 ? 1 : 3) * day + random.between(12, 16) * hour + index * minute;
  });
  const afterBadWeek = number === badWeekOf(plot) + 1;
  const rests = (at: number) =>
    isDayOff(at) || (isYearEnd(at) && !random.chance(0.08)) || (afterBadWeek && at < monday + 3 * day);
  return moments.filter(at => !rests(at)).sort((a, b) => a - b);
}

function flagsOfCompany(plot: Plot, to: number): DemoEvent[] {
  const events: DemoEvent[] = [];
  for (let monday = plot.since, number = 0; monday <= to; monday += week, number++) {
    const random = new Random(plot.seed, 'company', number);
    events.push(companyFlag(random, monday + random.whole(0, 4) * day + random.whole(9, 16) * hour));
  }
  return events;
}
