import { timestampOf } from './delivery/facts.ts';
import { compareSortKeys } from './delivery/sort-key.ts';
import { compareBytes } from './events/byte-order.ts';
import { defaultEnvironment, type Event, type EventOf, rolloutOf } from './events/event.ts';

/**
 * Every number of `docs/metrics.md`, by brute force from a list of events. It is slow, and one file, because it is read
 * beside that page from top to bottom. The tests compare the product with it; the product computes the same numbers in
 * another way.
 */

export interface Question {
  /** End of every window, in milliseconds since 1970. */
  readonly now: number;
  readonly windowDays: readonly number[];
  /** How long after an exposure an incident that names nothing is attributed to it, in milliseconds. */
  readonly attributionWindowMs: number;
}

/** Numbers by series: `dora_exposed_changes{environment="production",…}`, labels in alphabetical order. */
export type Answers = ReadonlyMap<string, number>;

const day = 86_400_000;
const returnReach = 30 * day;

/** @param events in the order in which they were stored: of two that claim one identity, the first stands. */
export function reference(events: readonly Event[], question: Question): Answers {
  const stored = [...Map.groupBy(events, event => JSON.stringify([event.source, event.id])).values()];
  const distinct = stored.map(([first]) => first).filter(event => event !== undefined);
  const streams = [...Map.groupBy(distinct, event => event.service)].flatMap(([service, own]) =>
    service === undefined ? [] : streamsOf(service, own, question.attributionWindowMs),
  );
  const answers = new Map<string, number>();
  const answer: AddAnswer = (name, labels, value) => {
    if (value !== null) answers.set(seriesKey(name, labels), value);
  };
  for (const stream of streams) {
    const { service, team, environment } = stream;
    answerFor('dora_', { service, team, environment }, [stream], question, answer);
    answerTotals('dora_rollouts_total', { service, team, environment }, [stream], answer);
  }
  for (const [environment, all] of Map.groupBy(streams, stream => stream.environment)) {
    answerFor('dora_fleet_', { environment }, all, question, answer);
    answerTotals('dora_fleet_rollouts_total', { environment }, all, answer);
    for (const [team, own] of Map.groupBy(all, stream => stream.team))
      if (team !== '') answerFor('dora_team_', { team, environment }, own, question, answer);
  }
  return answers;
}

/** The rollouts that count, by stream, in the order of their exposure: for other numbers about rollouts. */
export function countedRollouts(
  events: readonly Event[],
): { service: string; environment: string; rollouts: readonly CountedRollout[] }[] {
  const all = [...Map.groupBy(events, event => event.service)];
  return all.flatMap(([service, own]) => {
    const ofRollouts = own.filter(event => isOf(event, 'change_exposed', 'change_rolled_back'));
    const environments = [...Map.groupBy(ofRollouts, event => event.environment ?? defaultEnvironment)];
    return environments.map(([environment, here]) => ({
      service: service ?? '',
      environment,
      rollouts: inStream(here, changesOf(own)).filter(rollout => !rollout.isReturn),
    }));
  });
}

/** A series' name with its labels, in alphabetical order. */
export function seriesKey(name: string, labels: Readonly<Record<string, string>>): string {
  const rendered = Object.entries(labels)
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${rendered.join(',')}}`;
}

type Labels = Readonly<Record<string, string>>;
type AddAnswer = (name: string, labels: Labels, value: number | null) => void;

// ---- what happened in one stream: a service in an environment --------------------------------------------

export type CountedRollout = Readonly<Rollout>;

interface Rollout {
  readonly name: string;
  readonly exposedAt: number;
  readonly exposures: readonly EventOf<'change_exposed'>[];
  readonly rollbacks: readonly EventOf<'change_rolled_back'>[];
  /** The changes that it names, itself or by an artifact that they became. */
  readonly named: ReadonlySet<string>;
  readonly head: number | null;
  readonly flag: boolean;
  rolledBackAt: number | null;
  isReturn: boolean;
  /** Merge times of the changes that it carries without naming them: after the first, up to the second. */
  carries: readonly [number, number] | null;
  hasIncident: boolean;
}

interface Incident {
  readonly detectedAt: number;
  readonly resolvedAt: number | null;
  attributedTo: readonly Rollout[];
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
  const ofStreams = events.filter(event =>
    isOf(event, 'change_exposed', 'change_rolled_back', 'incident_detected', 'incident_resolved'),
  );
  const environments = Map.groupBy(ofStreams, event => event.environment ?? defaultEnvironment);
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
    rollout.hasIncident = incidents.some(incident => incident.attributedTo.includes(rollout));

  const firsts = [...changes.keys()].flatMap(change => {
    const first = counted.find(rollout => carries(rollout, change, changes));
    const mergedAt = changes.get(change)?.mergedAt ?? null;
    if (!first || mergedAt === null || first.exposedAt < mergedAt) return [];
    return [{ first, mergedAt, createdAt: changes.get(change)?.createdAt ?? null }];
  });
  const rolledBack = counted.flatMap(rollout =>
    rollout.rolledBackAt === null
      ? []
      : [{ rollout, at: rollout.rolledBackAt, isRecovery: rollout.rolledBackAt >= rollout.exposedAt }],
  );
  const outages = outagesOf(incidents);
  return {
    ...labels,
    exposed: counted.map(rollout => ({
      at: rollout.exposedAt,
      value: 0,
      rework:
        rollout.exposures.some(event => event.rework === true) ||
        [...rollout.named].some(change => changes.get(change)?.rework === true),
      progressive: isProgressive(rollout),
      intervened: rollout.rolledBackAt !== null || rollout.hasIncident,
    })),
    rolledBack: rolledBack.map(({ rollout, at }) => ({
      at,
      value: failedExposure(rollout, at),
      contained: !fullTimes(rollout).some(full => full < at),
    })),
    leadTimes: firsts.map(({ first, mergedAt }) => ({
      at: first.exposedAt,
      value: first.exposedAt - mergedAt,
    })),
    createdToMerged: firsts.flatMap(({ first, mergedAt, createdAt }) =>
      createdAt === null || createdAt > mergedAt
        ? []
        : [{ at: first.exposedAt, value: mergedAt - createdAt }],
    ),
    exposedToFull: firsts.flatMap(({ first }) => {
      const full = fullTimes(first);
      return full.length === 0 ? [] : [{ at: first.exposedAt, value: Math.min(...full) - first.exposedAt }];
    }),
    outages: outages.map(({ from, to }) => ({ at: to, value: to - from })),
    recoveries: [
      ...outages
        .filter(({ isAttributed }) => isAttributed)
        .map(({ from, to }) => ({ at: to, value: to - from })),
      ...rolledBack
        .filter(({ rollout, isRecovery }) => !rollout.hasIncident && isRecovery)
        .map(({ rollout, at }) => ({ at, value: at - rollout.exposedAt })),
    ],
    openIncidents: incidents.filter(incident => incident.resolvedAt === null).length,
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
  readonly createdAt: number | null;
  readonly mergedAt: number | null;
  readonly rework: boolean;
  readonly artifacts: readonly string[];
}
type Changes = ReadonlyMap<string, Change>;

function changesOf(events: readonly Event[]): Changes {
  const ofChanges = events.filter(event => isOf(event, 'change_created', 'change_merged'));
  return new Map(
    [...Map.groupBy(ofChanges, event => event.change)].map(([change, own]) => {
      const merges = own.filter(event => isOf(event, 'change_merged'));
      return [
        change,
        {
          createdAt: earliest(own.filter(event => event.type === 'change_created').map(timestampOf)),
          mergedAt: earliest(merges.map(timestampOf)),
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
  const rollouts = [...Map.groupBy(own, rolloutOf)].flatMap(([name, reports]): Rollout[] => {
    const exposures = reports.filter(event => isOf(event, 'change_exposed'));
    const rollbacks = reports.filter(event => isOf(event, 'change_rolled_back'));
    const exposedAt = earliest(exposures.filter(event => weightOf(event) > 0).map(timestampOf));
    if (exposedAt === null) return []; // a rollback of a rollout whose exposure is not known is not counted
    const named = new Set(
      exposures.flatMap(event => [
        ...changeNames(event).flatMap(change => standsFor(change, changes)),
        ...(event.artifact === undefined ? [] : madeInto(event.artifact, changes)),
      ]),
    );
    const merges = [...named].flatMap(change => changes.get(change)?.mergedAt ?? []);
    return [
      {
        name,
        exposedAt,
        exposures,
        rollbacks,
        named,
        head: latest(merges.filter(mergedAt => mergedAt <= exposedAt)),
        flag: exposures.some(event => event.strategy === 'flag'),
        rolledBackAt: earliest(rollbacks.map(timestampOf)),
        isReturn: false,
        carries: null,
        hasIncident: false,
      },
    ];
  });
  return rollouts.sort(compareSortKeys);
}

function isDrill(rollout: Rollout): boolean {
  return [...rollout.exposures, ...rollout.rollbacks].some(event => event.drill === true);
}

/** Marks the returns of older versions, and rolls back at the time of their exposure what they replaced. */
function findReturns(rollouts: readonly Rollout[], changes: Changes): void {
  for (const [index, rollout] of rollouts.entries()) {
    if (rollout.flag) continue;
    const earlier = rollouts.slice(0, index);
    const returnedTo = earlier.findLast(
      other =>
        !other.isReturn &&
        !(other.rolledBackAt !== null && other.rolledBackAt < rollout.exposedAt) &&
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
        other.exposedAt >= rollout.exposedAt - returnReach &&
        (other.rolledBackAt === null || other.rolledBackAt > rollout.exposedAt)
      )
        other.rolledBackAt = rollout.exposedAt;
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

/** Gives each rollout the merge times between its base, the latest head before it, and its own head. */
function findCarried(counted: readonly Rollout[]): void {
  let base: number | null = null;
  for (const rollout of counted) {
    if (rollout.flag || rollout.head === null) continue;
    if (base !== null && rollout.head > base) rollout.carries = [base, rollout.head];
    base = Math.max(rollout.head, base ?? rollout.head);
  }
}

function carries(rollout: Rollout, change: string, changes: Changes): boolean {
  const mergedAt = changes.get(change)?.mergedAt ?? null;
  if (rollout.named.has(change)) return true;
  return (
    rollout.carries !== null &&
    mergedAt !== null &&
    mergedAt > rollout.carries[0] &&
    mergedAt <= rollout.carries[1]
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
  const times = [...new Set(rollout.exposures.map(timestampOf))].sort((a, b) => a - b);
  let total = 0;
  for (const [index, from] of times.entries()) {
    const to = Math.min(times[index + 1] ?? until, until);
    if (from < rollout.exposedAt || to <= from) continue;
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
  return [...Map.groupBy(own, event => event.incident)].flatMap(([name, reports]) => {
    const detections = reports.filter(event => event.type === 'incident_detected').map(timestampOf);
    const resolvedAt = latest(reports.filter(event => event.type === 'incident_resolved').map(timestampOf));
    const detectedAt = earliest(detections);
    if (detectedAt === null) return []; // when it began is not known
    const isOpen = resolvedAt === null || Math.max(...detections) > resolvedAt;
    const rolloutNames = [
      ...reports.map(event => event.rollout),
      ...rollbacks.filter(event => event.incident === name).map(rolloutOf),
    ].filter(rollout => rollout !== undefined);
    const changeNamed = reports.flatMap(event => event.change ?? []);
    const incident: Incident = {
      detectedAt,
      resolvedAt: isOpen ? null : resolvedAt,
      attributedTo:
        rolloutNames.length > 0
          ? counted.filter(rollout => rolloutNames.includes(rollout.name))
          : changeNamed.length > 0
            ? lastCarriers(
                changeNamed.flatMap(change => standsFor(change, changes)),
                detectedAt,
                counted,
                changes,
              )
            : newestBefore(detectedAt, rollouts, attributionWindowMs),
    };
    return [incident];
  });
}

function lastCarriers(
  named: readonly string[],
  detectedAt: number,
  counted: readonly Rollout[],
  changes: Changes,
): Rollout[] {
  const before = counted.filter(rollout => rollout.exposedAt <= detectedAt);
  return named.flatMap(change => before.findLast(rollout => carries(rollout, change, changes)) ?? []);
}

/** The rollout whose latest exposure at or before the detection is the newest, if it is new enough. */
function newestBefore(
  detectedAt: number,
  rollouts: readonly Rollout[],
  attributionWindowMs: number,
): Rollout[] {
  const latestExposure = (rollout: Rollout) =>
    latest(
      rollout.exposures
        .filter(event => weightOf(event) > 0)
        .map(timestampOf)
        .filter(at => at <= detectedAt),
    ) ?? Number.NEGATIVE_INFINITY;
  const candidates = rollouts.filter(rollout => !rollout.isReturn);
  const newest = Math.max(...candidates.map(latestExposure), Number.NEGATIVE_INFINITY);
  if (newest < detectedAt - attributionWindowMs) return [];
  const last = candidates.findLast(rollout => latestExposure(rollout) === newest);
  return last ? [last] : [];
}

function outagesOf(incidents: readonly Incident[]): { from: number; to: number; isAttributed: boolean }[] {
  const outages: { from: number; to: number; isAttributed: boolean }[] = [];
  for (const incident of incidents.toSorted((a, b) => a.detectedAt - b.detectedAt)) {
    if (incident.resolvedAt === null) continue;
    const isAttributed = incident.attributedTo.length > 0;
    const last = outages.at(-1);
    if (last && incident.detectedAt <= last.to) {
      last.to = Math.max(last.to, incident.resolvedAt);
      last.isAttributed ||= isAttributed;
    } else outages.push({ from: incident.detectedAt, to: incident.resolvedAt, isAttributed });
  }
  return outages;
}

// ---- numbers -------------------------------------------------------------------------------------------

function answerFor(
  prefix: string,
  labels: Labels,
  streams: readonly Stream[],
  question: Question,
  answer: AddAnswer,
): void {
  const longest = Math.max(...question.windowDays);
  const shown = streams.filter(
    stream => stream.openIncidents > 0 || hasAnything(stream, question.now - longest * day, question.now),
  );
  if (shown.length === 0) return;
  answer(`${prefix}open_incidents`, labels, sum(shown.map(stream => stream.openIncidents)));
  for (const days of question.windowDays)
    answerWindow(
      prefix,
      { ...labels, window: `${days}d` },
      shown,
      question.now - days * day,
      question.now,
      days,
      answer,
    );
}

function hasAnything(stream: Stream, from: number, to: number): boolean {
  const all = [stream.exposed, stream.rolledBack, stream.leadTimes, stream.outages, stream.recoveries];
  return all.flat().some(observation => observation.at >= from && observation.at < to);
}

function answerWindow(
  prefix: string,
  labels: Labels,
  streams: readonly Stream[],
  from: number,
  to: number,
  days: number,
  answer: AddAnswer,
): void {
  const within = <S extends Observation>(read: (stream: Stream) => readonly S[]): S[] =>
    streams.flatMap(read).filter(observation => observation.at >= from && observation.at < to);
  const exposed = within(stream => stream.exposed);
  const rolledBack = within(stream => stream.rolledBack);
  const perExposed = (part: number) => (exposed.length === 0 ? null : part / exposed.length);
  const ofExposed = (is: (observation: (typeof exposed)[number]) => boolean) =>
    perExposed(exposed.filter(is).length);

  answer(`${prefix}exposed_changes`, labels, exposed.length);
  const contained = rolledBack.filter(observation => observation.contained).length;
  answer(`${prefix}rolled_back_changes`, { ...labels, containment: 'contained' }, contained);
  answer(
    `${prefix}rolled_back_changes`,
    { ...labels, containment: 'escaped' },
    rolledBack.length - contained,
  );
  answer(`${prefix}change_failure_ratio`, labels, perExposed(rolledBack.length));
  answer(
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
    answerQuantiles(`${prefix}${name}_seconds`, labels, observations, answer);
    const mean =
      observations.length === 0
        ? null
        : sum(observations.map(observation => observation.value)) / observations.length / 1000;
    answer(`${prefix}${name}_mean_seconds`, labels, mean);
    answer(`${prefix}${name}_samples`, labels, observations.length);
  }
  const stages = {
    created_to_merged: within(stream => stream.createdToMerged),
    merged_to_exposed: distributions.lead_time,
    exposed_to_full: within(stream => stream.exposedToFull),
  };
  for (const [stage, observations] of Object.entries(stages))
    answerQuantiles(`${prefix}stage_seconds`, { ...labels, stage }, observations, answer);
  answer(`${prefix}deployments_per_day`, labels, exposed.length / days);
  answer(
    `${prefix}rework_ratio`,
    labels,
    ofExposed(observation => observation.rework),
  );
  answer(
    `${prefix}progressive_ratio`,
    labels,
    ofExposed(observation => observation.progressive),
  );
  answer(
    `${prefix}failed_exposure_seconds`,
    labels,
    sum(rolledBack.map(observation => observation.value)) / 1000,
  );
}

/** Nearest rank: the smallest value that at least the share `quantile` of the observations does not exceed. */
function answerQuantiles(
  name: string,
  labels: Labels,
  observations: readonly Observation[],
  answer: AddAnswer,
): void {
  const values = observations.map(observation => observation.value).sort((a, b) => a - b);
  for (const quantile of ['0.5', '0.9']) {
    const value = values[Math.ceil(Number(quantile) * values.length) - 1];
    answer(name, { ...labels, quantile }, value === undefined ? null : value / 1000);
  }
}

function answerTotals(name: string, labels: Labels, streams: readonly Stream[], answer: AddAnswer): void {
  const exposed = sum(streams.map(stream => stream.exposedTotal));
  if (exposed === 0) return;
  answer(name, { ...labels, outcome: 'exposed' }, exposed);
  answer(name, { ...labels, outcome: 'rolled_back' }, sum(streams.map(stream => stream.rolledBackTotal)));
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

const earliest = (times: readonly number[]) => (times.length === 0 ? null : Math.min(...times));
const latest = (times: readonly number[]) => (times.length === 0 ? null : Math.max(...times));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
