import { timestampOf } from './delivery/facts.ts';
import { compareSortKeys } from './delivery/sort-key.ts';
import { compareBytes } from './events/byte-order.ts';
import { defaultEnvironment, type Event, type EventOf, rolloutOf } from './events/event.ts';

/**
 * Every number of `docs/metrics.md`, by brute force from a list of events: slow, and meant to be read beside
 * that page, from top to bottom, which is why it is one file. It is the oracle of the tests; the product
 * computes the same numbers another way.
 */

export interface Question {
  /** End of every window, in milliseconds since 1970. */
  readonly now: number;
  readonly windowDays: readonly number[];
  /** How long after an exposure an incident that names nothing is blamed on it, in milliseconds. */
  readonly attributionWindowMs: number;
}

/** Numbers by series: `dora_exposed_changes{environment="production",…}`, labels in alphabetical order. */
export type Answers = ReadonlyMap<string, number>;

const day = 86_400_000;
const returnReach = 30 * day;

/** @param events in the order in which they were stored: of two that claim one identity, the first stands. */
export function reference(events: readonly Event[], question: Question): Answers {
  const stored = [...Map.groupBy(events, event => JSON.stringify([event.source, event.id])).values()];
  const record = stored.map(([first]) => first).filter(event => event !== undefined);
  const streams = [...Map.groupBy(record, event => event.service)].flatMap(([service, own]) =>
    service === undefined ? [] : streamsOf(service, own, question.attributionWindowMs),
  );
  const answers = new Map<string, number>();
  const say: Say = (name, labels, value) => {
    if (value !== null) answers.set(seriesKey(name, labels), value);
  };
  for (const stream of streams) {
    const { service, team, environment } = stream;
    answerFor('dora_', { service, team, environment }, [stream], question, say);
    sayTotals('dora_rollouts_total', { service, team, environment }, [stream], say);
  }
  for (const [environment, all] of Map.groupBy(streams, stream => stream.environment)) {
    answerFor('dora_fleet_', { environment }, all, question, say);
    sayTotals('dora_fleet_rollouts_total', { environment }, all, say);
    for (const [team, some] of Map.groupBy(all, stream => stream.team))
      if (team !== '') answerFor('dora_team_', { team, environment }, some, question, say);
  }
  return answers;
}

/** The rollouts that count, by stream, in the order of their exposure; for what else is computed of rollouts. */
export function countedRollouts(
  events: readonly Event[],
): { service: string; environment: string; rollouts: readonly CountedRollout[] }[] {
  const all = [...Map.groupBy(events, event => event.service)];
  return all.flatMap(([service, own]) => {
    const placed = own.filter(event => isOf(event, 'change_exposed', 'change_rolled_back'));
    const environments = [...Map.groupBy(placed, event => event.environment ?? defaultEnvironment)];
    return environments.map(([environment, here]) => ({
      service: service ?? '',
      environment,
      rollouts: inStream(here, changesOf(own)).filter(rollout => !rollout.isReturn),
    }));
  });
}

/** A series' name with its labels, in alphabetical order. */
export function seriesKey(name: string, labels: Readonly<Record<string, string>>): string {
  const printed = Object.entries(labels)
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${printed.join(',')}}`;
}

type Labels = Readonly<Record<string, string>>;
type Say = (name: string, labels: Labels, value: number | null) => void;

// ---- what happened on one stream: a service in an environment --------------------------------------------

export type CountedRollout = Readonly<Rollout>;

interface Rollout {
  readonly name: string;
  readonly exposed: number;
  readonly exposures: readonly EventOf<'change_exposed'>[];
  readonly rollbacks: readonly EventOf<'change_rolled_back'>[];
  /** The changes that it names, through artifacts too. */
  readonly named: ReadonlySet<string>;
  readonly head: number | null;
  readonly flag: boolean;
  rolledBack: number | null;
  isReturn: boolean;
  /** Merge times of what it carries besides its names: after the first, up to the second. */
  carries: readonly [number, number] | null;
  blamed: boolean;
}

interface Incident {
  readonly detected: number;
  readonly resolved: number | null;
  blamed: readonly Rollout[];
}

interface Observation {
  readonly at: number;
  readonly value: number;
}

interface Stream {
  readonly service: string;
  readonly team: string;
  readonly environment: string;
  readonly exposed: readonly (Observation & { rework: boolean; progressive: boolean; intervened: boolean })[];
  readonly rolledBack: readonly (Observation & { contained: boolean })[];
  readonly leadTimes: readonly Observation[];
  readonly createdToMerged: readonly Observation[];
  readonly exposedToFull: readonly Observation[];
  readonly outages: readonly Observation[];
  readonly recoveries: readonly Observation[];
  readonly openIncidents: number;
  readonly exposedTotal: number;
  readonly rolledBackTotal: number;
}

function streamsOf(service: string, events: readonly Event[], attributionWindowMs: number): Stream[] {
  const team = teamOf(events);
  const placed = events.filter(event =>
    isOf(event, 'change_exposed', 'change_rolled_back', 'incident_detected', 'incident_resolved'),
  );
  const environments = Map.groupBy(placed, event => event.environment ?? defaultEnvironment);
  return [...environments].map(([environment, here]) =>
    streamOf({ service, team, environment }, events, here, attributionWindowMs),
  );
}

function streamOf(
  labels: { service: string; team: string; environment: string },
  all: readonly Event[],
  here: readonly Event[],
  attributionWindowMs: number,
): Stream {
  const changes = changesOf(all);
  const rollouts = inStream(here, changes);
  const counted = rollouts.filter(rollout => !rollout.isReturn);
  findCarried(counted);
  const incidents = incidentsOf(here, rollouts, counted, changes, attributionWindowMs);
  for (const rollout of counted)
    rollout.blamed = incidents.some(incident => incident.blamed.includes(rollout));

  const firsts = [...changes.keys()].flatMap(change => {
    const first = counted.find(rollout => carries(rollout, change, changes));
    const merged = changes.get(change)?.merged ?? null;
    if (!first || merged === null || first.exposed < merged) return [];
    return [{ change, first, merged, created: changes.get(change)?.created ?? null }];
  });
  const rolledBack = counted.flatMap(rollout =>
    rollout.rolledBack === null
      ? []
      : [{ rollout, at: rollout.rolledBack, isRecovery: rollout.rolledBack >= rollout.exposed }],
  );
  const outages = outagesOf(incidents);
  return {
    ...labels,
    exposed: counted.map(rollout => ({
      at: rollout.exposed,
      value: 0,
      rework:
        rollout.exposures.some(event => event.rework === true) ||
        [...rollout.named].some(change => changes.get(change)?.rework === true),
      progressive: isProgressive(rollout),
      intervened: rollout.rolledBack !== null || rollout.blamed,
    })),
    rolledBack: rolledBack.map(({ rollout, at }) => ({
      at,
      value: failedExposure(rollout, at),
      contained: !fullTimes(rollout).some(full => full < at),
    })),
    leadTimes: firsts.map(({ first, merged }) => ({ at: first.exposed, value: first.exposed - merged })),
    createdToMerged: firsts.flatMap(({ first, merged, created }) =>
      created === null || created > merged ? [] : [{ at: first.exposed, value: merged - created }],
    ),
    exposedToFull: firsts.flatMap(({ first }) => {
      const full = fullTimes(first);
      return full.length === 0 ? [] : [{ at: first.exposed, value: Math.min(...full) - first.exposed }];
    }),
    outages: outages.map(({ from, to }) => ({ at: to, value: to - from })),
    recoveries: [
      ...outages.filter(({ blamed }) => blamed).map(({ from, to }) => ({ at: to, value: to - from })),
      ...rolledBack
        .filter(({ rollout, isRecovery }) => !rollout.blamed && isRecovery)
        .map(({ rollout, at }) => ({ at, value: at - rollout.exposed })),
    ],
    openIncidents: incidents.filter(incident => incident.resolved === null).length,
    exposedTotal: rollouts.length,
    rolledBackTotal: rollouts.filter(rollout => rollout.rollbacks.length > 0).length,
  };
}

function inStream(here: readonly Event[], changes: Changes): Rollout[] {
  const rollouts = rolloutsOf(here, changes).filter(rollout => !isDrill(rollout));
  findReturns(rollouts, changes);
  return rollouts;
}

// ---- changes -------------------------------------------------------------------------------------------

interface Change {
  readonly created: number | null;
  readonly merged: number | null;
  readonly rework: boolean;
  readonly artifacts: readonly string[];
}
type Changes = ReadonlyMap<string, Change>;

function changesOf(events: readonly Event[]): Changes {
  const told = events.filter(event => isOf(event, 'change_created', 'change_merged'));
  return new Map(
    [...Map.groupBy(told, event => event.change)].map(([change, own]) => {
      const merges = own.filter(event => isOf(event, 'change_merged'));
      return [
        change,
        {
          created: earliest(own.filter(event => event.type === 'change_created').map(timestampOf)),
          merged: earliest(merges.map(timestampOf)),
          rework: merges.some(event => event.rework === true),
          artifacts: merges.flatMap(event => event.artifact ?? []),
        },
      ];
    }),
  );
}

/** The changes that an artifact stands for. */
function madeInto(artifact: string, changes: Changes): string[] {
  return [...changes].filter(([, change]) => change.artifacts.includes(artifact)).map(([name]) => name);
}

/** The changes that a name in `change` or `changes` stands for: itself, and those that became it. */
function standsFor(name: string, changes: Changes): string[] {
  return [name, ...madeInto(name, changes)];
}

// ---- rollouts in the order of their exposure -----------------------------------------------------------

const changeNames = (event: EventOf<'change_exposed'>) => [event.change ?? [], event.changes ?? []].flat();
const weightOf = (event: EventOf<'change_exposed'>) => event.weight ?? 100;

function rolloutsOf(events: readonly Event[], changes: Changes): Rollout[] {
  const own = events.filter(event => isOf(event, 'change_exposed', 'change_rolled_back'));
  const rollouts = [...Map.groupBy(own, rolloutOf)].flatMap(([name, told]): Rollout[] => {
    const exposures = told.filter(event => isOf(event, 'change_exposed'));
    const rollbacks = told.filter(event => isOf(event, 'change_rolled_back'));
    const exposed = earliest(exposures.filter(event => weightOf(event) > 0).map(timestampOf));
    if (exposed === null) return []; // a rollback of a rollout whose exposure is not known is not counted
    const named = new Set(
      exposures.flatMap(event => [
        ...changeNames(event).flatMap(change => standsFor(change, changes)),
        ...(event.artifact === undefined ? [] : madeInto(event.artifact, changes)),
      ]),
    );
    const merges = [...named].flatMap(change => changes.get(change)?.merged ?? []);
    return [
      {
        name,
        exposed,
        exposures,
        rollbacks,
        named,
        head: latest(merges.filter(merged => merged <= exposed)),
        flag: exposures.some(event => event.strategy === 'flag'),
        rolledBack: earliest(rollbacks.map(timestampOf)),
        isReturn: false,
        carries: null,
        blamed: false,
      },
    ];
  });
  return rollouts.sort(compareSortKeys);
}

function isDrill(rollout: Rollout): boolean {
  return [...rollout.exposures, ...rollout.rollbacks].some(event => event.drill === true);
}

/** Marks the returns of older versions, and rolls back at their moment what they replaced. */
function findReturns(rollouts: readonly Rollout[], changes: Changes): void {
  for (const [index, rollout] of rollouts.entries()) {
    if (rollout.flag) continue;
    const earlier = rollouts.slice(0, index);
    const returnedTo = earlier.findLast(
      other =>
        !other.isReturn &&
        !(other.rolledBack !== null && other.rolledBack < rollout.exposed) &&
        exposedByName(other, rollout, changes),
    );
    if (!returnedTo) continue;
    const since = earlier
      .slice(earlier.indexOf(returnedTo) + 1)
      .filter(other => !other.flag && !other.isReturn);
    if (since.length === 0) continue;
    rollout.isReturn = true;
    for (const other of since)
      if (
        other.exposed >= rollout.exposed - returnReach &&
        (other.rolledBack === null || other.rolledBack > rollout.exposed)
      )
        other.rolledBack = rollout.exposed;
  }
}

/** Whether every name of `later` was exposed by name by `earlier`. */
function exposedByName(earlier: Rollout, later: Rollout, changes: Changes): boolean {
  const artifacts = earlier.exposures.map(event => event.artifact);
  const covered = (isItself: boolean, others: readonly string[]) =>
    isItself || (others.length > 0 && others.every(change => earlier.named.has(change)));
  const names = later.exposures.flatMap(event => [
    ...changeNames(event).map(change => covered(earlier.named.has(change), madeInto(change, changes))),
    ...(event.artifact === undefined
      ? []
      : [covered(artifacts.includes(event.artifact), madeInto(event.artifact, changes))]),
  ]);
  return names.length > 0 && names.every(Boolean);
}

/** Gives each rollout the merge times between the highest head before it and its own head. */
function findCarried(counted: readonly Rollout[]): void {
  let highest: number | null = null;
  for (const rollout of counted) {
    if (rollout.flag || rollout.head === null) continue;
    if (highest !== null && rollout.head > highest) rollout.carries = [highest, rollout.head];
    highest = Math.max(rollout.head, highest ?? rollout.head);
  }
}

function carries(rollout: Rollout, change: string, changes: Changes): boolean {
  const merged = changes.get(change)?.merged ?? null;
  if (rollout.named.has(change)) return true;
  return (
    rollout.carries !== null && merged !== null && merged > rollout.carries[0] && merged <= rollout.carries[1]
  );
}

const fullTimes = (rollout: Rollout) =>
  rollout.exposures.filter(event => weightOf(event) === 100).map(timestampOf);

function isProgressive(rollout: Rollout): boolean {
  return rollout.exposures.some(
    event =>
      (weightOf(event) > 0 && weightOf(event) < 100) ||
      ['canary', 'blue_green', 'ab_test', 'flag'].includes(event.strategy ?? 'direct'),
  );
}

/** ∫ weight/100 dt from the exposure to the rollback, in milliseconds, rounded. */
function failedExposure(rollout: Rollout, until: number): number {
  const moments = [...new Set(rollout.exposures.map(timestampOf))].sort((a, b) => a - b);
  let total = 0;
  for (const [index, from] of moments.entries()) {
    const to = Math.min(moments[index + 1] ?? until, until);
    if (from < rollout.exposed || to <= from) continue;
    const weights = rollout.exposures.filter(event => timestampOf(event) === from).map(weightOf);
    total += Math.max(...weights) * (to - from);
  }
  return Math.round(total / 100);
}

// ---- incidents and outages -----------------------------------------------------------------------------

function incidentsOf(
  events: readonly Event[],
  rollouts: readonly Rollout[],
  counted: readonly Rollout[],
  changes: Changes,
  attributionWindowMs: number,
): Incident[] {
  const rollbacks = events.filter(event => isOf(event, 'change_rolled_back'));
  const own = events.filter(event => isOf(event, 'incident_detected', 'incident_resolved'));
  return [...Map.groupBy(own, event => event.incident)].flatMap(([name, told]) => {
    const detections = told.filter(event => event.type === 'incident_detected').map(timestampOf);
    const resolved = latest(told.filter(event => event.type === 'incident_resolved').map(timestampOf));
    const detected = earliest(detections);
    if (detected === null) return []; // nobody told when it began
    const isOpen = resolved === null || Math.max(...detections) > resolved;
    const rolloutNames = [
      ...told.map(event => event.rollout),
      ...rollbacks.filter(event => event.incident === name).map(rolloutOf),
    ].filter(rollout => rollout !== undefined);
    const changeNamed = told.flatMap(event => event.change ?? []);
    const incident: Incident = {
      detected,
      resolved: isOpen ? null : resolved,
      blamed:
        rolloutNames.length > 0
          ? counted.filter(rollout => rolloutNames.includes(rollout.name))
          : changeNamed.length > 0
            ? lastCarriers(
                changeNamed.flatMap(change => standsFor(change, changes)),
                detected,
                counted,
                changes,
              )
            : newestBefore(detected, rollouts, attributionWindowMs),
    };
    return [incident];
  });
}

function lastCarriers(
  named: readonly string[],
  detected: number,
  counted: readonly Rollout[],
  changes: Changes,
): Rollout[] {
  const before = counted.filter(rollout => rollout.exposed <= detected);
  return named.flatMap(change => before.findLast(rollout => carries(rollout, change, changes)) ?? []);
}

/** The rollout whose latest exposure at or before the detection is the newest, if it is new enough. */
function newestBefore(
  detected: number,
  rollouts: readonly Rollout[],
  attributionWindowMs: number,
): Rollout[] {
  const latestExposure = (rollout: Rollout) =>
    latest(
      rollout.exposures
        .filter(event => weightOf(event) > 0)
        .map(timestampOf)
        .filter(at => at <= detected),
    ) ?? Number.NEGATIVE_INFINITY;
  const candidates = rollouts.filter(rollout => !rollout.isReturn);
  const newest = Math.max(...candidates.map(latestExposure), Number.NEGATIVE_INFINITY);
  if (newest < detected - attributionWindowMs) return [];
  const last = candidates.findLast(rollout => latestExposure(rollout) === newest);
  return last ? [last] : [];
}

function outagesOf(incidents: readonly Incident[]): { from: number; to: number; blamed: boolean }[] {
  const outages: { from: number; to: number; blamed: boolean }[] = [];
  for (const incident of incidents.toSorted((a, b) => a.detected - b.detected)) {
    if (incident.resolved === null) continue;
    const blamed = incident.blamed.length > 0;
    const last = outages.at(-1);
    if (last && incident.detected <= last.to) {
      last.to = Math.max(last.to, incident.resolved);
      last.blamed ||= blamed;
    } else outages.push({ from: incident.detected, to: incident.resolved, blamed });
  }
  return outages;
}

// ---- numbers -------------------------------------------------------------------------------------------

function answerFor(
  prefix: string,
  labels: Labels,
  streams: readonly Stream[],
  question: Question,
  say: Say,
): void {
  const longest = Math.max(...question.windowDays);
  const shown = streams.filter(
    stream => stream.openIncidents > 0 || hasAnything(stream, question.now - longest * day, question.now),
  );
  if (shown.length === 0) return;
  say(`${prefix}open_incidents`, labels, sum(shown.map(stream => stream.openIncidents)));
  for (const days of question.windowDays)
    sayWindow(
      prefix,
      { ...labels, window: `${days}d` },
      shown,
      question.now - days * day,
      question.now,
      days,
      say,
    );
}

function hasAnything(stream: Stream, from: number, to: number): boolean {
  const all = [stream.exposed, stream.rolledBack, stream.leadTimes, stream.outages, stream.recoveries];
  return all.flat().some(observation => observation.at >= from && observation.at < to);
}

function sayWindow(
  prefix: string,
  labels: Labels,
  streams: readonly Stream[],
  from: number,
  to: number,
  days: number,
  say: Say,
): void {
  const within = <S extends Observation>(read: (stream: Stream) => readonly S[]): S[] =>
    streams.flatMap(read).filter(observation => observation.at >= from && observation.at < to);
  const exposed = within(stream => stream.exposed);
  const rolledBack = within(stream => stream.rolledBack);
  const perExposed = (part: number) => (exposed.length === 0 ? null : part / exposed.length);
  const ofExposed = (is: (observation: (typeof exposed)[number]) => boolean) =>
    perExposed(exposed.filter(is).length);

  say(`${prefix}exposed_changes`, labels, exposed.length);
  const contained = rolledBack.filter(observation => observation.contained).length;
  say(`${prefix}rolled_back_changes`, { ...labels, containment: 'contained' }, contained);
  say(`${prefix}rolled_back_changes`, { ...labels, containment: 'escaped' }, rolledBack.length - contained);
  say(`${prefix}change_failure_ratio`, labels, perExposed(rolledBack.length));
  say(
    `${prefix}intervention_ratio`,
    labels,
    ofExposed(observation => observation.intervened),
  );
  const distributions = {
    lead_time: within(stream => stream.leadTimes),
    time_to_restore: within(stream => stream.outages),
    recovery_time: within(stream => stream.recoveries),
  };
  for (const [name, observations] of Object.entries(distributions)) {
    sayQuantiles(`${prefix}${name}_seconds`, labels, observations, say);
    const mean =
      observations.length === 0
        ? null
        : sum(observations.map(observation => observation.value)) / observations.length / 1000;
    say(`${prefix}${name}_mean_seconds`, labels, mean);
    say(`${prefix}${name}_samples`, labels, observations.length);
  }
  const stages = {
    created_to_merged: within(stream => stream.createdToMerged),
    merged_to_exposed: distributions.lead_time,
    exposed_to_full: within(stream => stream.exposedToFull),
  };
  for (const [stage, observations] of Object.entries(stages))
    sayQuantiles(`${prefix}stage_seconds`, { ...labels, stage }, observations, say);
  say(`${prefix}deployments_per_day`, labels, exposed.length / days);
  say(
    `${prefix}rework_ratio`,
    labels,
    ofExposed(observation => observation.rework),
  );
  say(
    `${prefix}progressive_ratio`,
    labels,
    ofExposed(observation => observation.progressive),
  );
  say(
    `${prefix}failed_exposure_seconds`,
    labels,
    sum(rolledBack.map(observation => observation.value)) / 1000,
  );
}

/** Nearest rank: the smallest value that at least the share `quantile` of the observations does not exceed. */
function sayQuantiles(name: string, labels: Labels, observations: readonly Observation[], say: Say): void {
  const values = observations.map(observation => observation.value).sort((a, b) => a - b);
  for (const quantile of ['0.5', '0.9']) {
    const value = values[Math.ceil(Number(quantile) * values.length) - 1];
    say(name, { ...labels, quantile }, value === undefined ? null : value / 1000);
  }
}

function sayTotals(name: string, labels: Labels, streams: readonly Stream[], say: Say): void {
  const exposed = sum(streams.map(stream => stream.exposedTotal));
  if (exposed === 0) return;
  say(name, { ...labels, outcome: 'exposed' }, exposed);
  say(name, { ...labels, outcome: 'rolled_back' }, sum(streams.map(stream => stream.rolledBackTotal)));
}

// ---- small things --------------------------------------------------------------------------------------

/** The team of the latest event that names one; of one instant, the last by bytes; '' where none does. */
function teamOf(events: readonly Event[]): string {
  const claims = events
    .filter(event => event.team !== undefined)
    .map(event => ({ at: timestampOf(event), team: event.team ?? '' }));
  return claims.sort((a, b) => a.at - b.at || compareBytes(a.team, b.team)).at(-1)?.team ?? '';
}

function isOf<T extends Event['type']>(event: Event, ...types: T[]): event is EventOf<T> {
  return types.some(type => type === event.type);
}

const earliest = (moments: readonly number[]) => (moments.length === 0 ? null : Math.min(...moments));
const latest = (moments: readonly number[]) => (moments.length === 0 ? null : Math.max(...moments));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
